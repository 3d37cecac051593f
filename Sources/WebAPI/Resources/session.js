/** Who is signed in and what they may do. */

import { Problem, getJSON, postJSON, send, useToken } from "./api.js";

let current = null;

export const session = () => current;

/** Whether the signed-in role holds a permission such as `prediction.read`. */
export const can = (permission) => current?.permissions.includes(permission) ?? false;

/** Asks the server who we are; null when nobody is signed in. */
export async function load() {
  try {
    current = await getJSON("/session", { quiet: true });
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
    current = null;
  }
  useToken(current?.csrf);
  return current;
}

/** Exchanges an API key for a session cookie that scripts cannot read. */
export async function signIn(key) {
  await postJSON("/session", { key }, { quiet: true });
  return load();
}

export async function signOut() {
  try {
    await send("/session", { method: "DELETE", quiet: true });
  } finally {
    forget();
  }
}

export function forget() {
  current = null;
  useToken("");
}
