/** Numbers, times and sizes as people read them. */

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** Local date and time to the second. */
export const moment = (iso) => day.format(new Date(iso));

/** Local date and time to the minute, without the year. */
export const briefMoment = (iso) => short.format(new Date(iso));

/** One decimal; never rounded up to certainty. */
export function percent(probability) {
  if (probability > 0.999 && probability < 1) return "> 99.9 %";
  if (probability < 0.001 && probability > 0) return "< 0.1 %";
  return `${(probability * 100).toFixed(1)} %`;
}

/** Four decimals, or all of them where four would hide which side of the threshold it is. */
export function decimal(probability, threshold = null) {
  const rounded = probability.toFixed(4);
  const misleads = threshold !== null && probability !== threshold && (Number(rounded) > threshold) !== (probability > threshold);
  return misleads ? String(probability) : rounded;
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The beginning of a long digest. */
export const brief = (digest, length = 12) => (digest.length > length ? `${digest.slice(0, length)}…` : digest);

/** `PredictionRecorded` as `Prediction recorded`. */
export function words(name) {
  const spaced = name.replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
