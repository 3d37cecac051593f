-- The load, for wrk: prepared requests in a fixed order, sent by every connection in turn, whatever the server.
--
--   wrk -t2 -c16 -d10s -s mix.lua URL -- LIST RESULT HEADER...
--
-- LIST names one picture a line; each becomes a multipart body with the one part `image`. RESULT receives one JSON
-- object: replies, those that are not 201, socket errors, seconds, and latency quantiles in milliseconds.

local threads = {}

function setup(thread)
  thread:set("offset", #threads)
  threads[#threads + 1] = thread
end

local requests, position = {}, 0

function init(arguments)
  local boundary = "cxr-benchmark-boundary"
  local headers = { ["Content-Type"] = "multipart/form-data; boundary=" .. boundary }
  for index = 3, #arguments do
    local name, value = arguments[index]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  for path in io.lines(arguments[1]) do
    local file = assert(io.open(path, "rb"))
    local head = '--%s\r\nContent-Disposition: form-data; name="image"; filename="xray.jpeg"\r\n' ..
      "Content-Type: image/jpeg\r\n\r\n"
    local body = head:format(boundary) .. file:read("*a") .. "\r\n--" .. boundary .. "--\r\n"
    file:close()
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
  -- The threads start at different pictures, so that they do not send the largest one together.
  position = offset * 7
  result = arguments[2]
end

function request()
  position = position % #requests + 1
  return requests[position]
end

failures = 0 -- global, so that done() can read it: each thread has a Lua state of its own

function response(status)
  if status ~= 201 then failures = failures + 1 end
end

function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("failures") end
  local errors = summary.errors
  local file = assert(io.open(threads[1]:get("result"), "w"))
  file:write(string.format(
    '{"replies": %d, "refused": %d, "broken": %d, "seconds": %.6f,' ..
      ' "p50": %.3f, "p90": %.3f, "p99": %.3f, "max": %.3f}\n',
    summary.requests, refused, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3))
  file:close()
end
