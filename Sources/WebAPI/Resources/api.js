/** Requests to the server, and what can go wrong with them. */

/** A refusal: an RFC 9457 problem document, or a failure to reach the server at all (status 0). */
export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", code = "", request_id: requestId = "" }, retryAfter = null) {
    super(detail || title);
    Object.assign(this, { name: "Problem", status, title, detail, code, requestId, retryAfter });
  }
}

let token = "";
let askToSignIn = null;

/** Remembers the token that every changing request of this session must carry. */
export const useToken = (csrf) => (token = csrf ?? "");

/** Sets what to do about a lost session: a function whose promise says whether the same person signed in again. */
export const onSessionLost = (handler) => (askToSignIn = handler);

/**
 * Sends a request and returns its Response. When the session is gone, asks to sign in and sends it once more.
 * Throws Problem; an aborted request throws the signal's reason.
 */
export async function send(path, options = {}) {
  const response = await attempt(path, options);
  if (response.status === 401 && !options.quiet && askToSignIn && (await askToSignIn())) {
    return accept(await attempt(path, options));
  }
  return accept(response);
}

export const getJSON = async (path, options) => (await send(path, options)).json();

export const postJSON = (path, value, options = {}) =>
  send(path, { ...options, method: "POST", body: JSON.stringify(value), headers: { ...options.headers, "Content-Type": "application/json" } });

async function attempt(path, { method = "GET", body, headers = {}, signal }) {
  const all = { Accept: "application/json, application/problem+json;q=0.9, */*;q=0.5", ...headers };
  if (method !== "GET" && token) all["X-CXR-CSRF"] = token;
  try {
    return await fetch(path, { method, body, headers: all, signal, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({ title: "The server cannot be reached", detail: "No answer came from the server. Check the connection, then try again.", code: "network" });
  }
}

async function accept(response) {
  if (response.ok) return response;
  let document = {};
  try {
    document = await response.json();
  } catch {
    // Something between us and the server answered; its page is of no use here.
  }
  const plain = { title: "The request was refused", detail: `The server answered ${response.status}.`, request_id: response.headers.get("X-Request-ID") ?? "" };
  throw new Problem({ ...plain, ...document, status: response.status }, response.headers.get("Retry-After"));
}
