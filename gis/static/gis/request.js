// The one way to talk to the server: it knows CSRF, idempotency keys, versions and problem+json.
import { language, t } from "./dom.js";

const READS = new Set(["GET", "HEAD"]);
const UNREADABLE = Symbol("says JSON, is none");

/** A new random UUID, also where crypto.randomUUID is missing (plain http on an intranet). */
export function uuid() {
  if (globalThis.crypto.randomUUID) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content || "";
}

/** What went wrong when the server did not say it itself, in the user's words. */
export function problemFor(status) {
  const words = {
    0: t("The server cannot be reached. What you typed is kept; try again."),
    401: t("Please sign in first."),
    403: t("You may not do this here."),
    404: t("This is not there any more."),
    409: t("This has changed meanwhile."),
    412: t("Somebody else changed this while you were working on it."),
    413: t("This is too large."),
    429: t("Too many requests; wait a moment and try again."),
    503: t("The database is away for a moment. Nothing was lost; try again."),
  };
  return words[status] || t("Something went wrong on the server (%(status)s).", { status });
}

function announce(online) {
  globalThis.dispatchEvent?.(new CustomEvent("wangge:reach", { detail: { online } }));
}

async function readBody(response) {
  const type = response.headers.get("Content-Type") || "";
  if (response.status === 204) return null;
  if (!/json/.test(type)) return response.text();
  // only what is no JSON is passed over here: a body cut off, or cancelled half way, is no answer at all
  return response.json().catch((cause) => { if (cause.name === "SyntaxError") return UNREADABLE; throw cause; });
}

// fetch() does not tell how far an upload is: who wants to know goes the older way.
function upload(address, { method, headers, body, signal }, onProgress) {
  return new Promise((resolve, reject) => {
    const sender = new XMLHttpRequest();
    sender.open(method, address);
    sender.responseType = "blob";
    for (const [name, value] of Object.entries(headers)) sender.setRequestHeader(name, value);
    sender.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    sender.addEventListener("load", () => resolve(new Response(sender.response, { status: sender.status, headers: { "Content-Type": sender.getResponseHeader("Content-Type") || "" } })));
    sender.addEventListener("error", () => reject(new TypeError("not reached")));
    sender.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal?.addEventListener("abort", () => sender.abort());
    sender.send(body);
  });
}

const failure = (status, code) => ({ status, code, title: code === "aborted" ? "" : problemFor(status), detail: "", places: [], fields: {} });

/**
 * request("POST", "/api/…", {body, key, version, query, signal, headers}) → [data, response, error]
 *
 * error is null or {status, code, title, detail, places: [{geometry, message}], fields: {name: message}, …};
 * status 0 = not reached, code "aborted" = cancelled by signal, "unreadable" = no JSON came. It never throws.
 * Writes carry an Idempotency-Key: make one with uuid() when a form opens and pass it as `key`, so that a
 * double press or a retry stores once. `version` goes out as If-Match. onProgress(share) tells how much of a file is sent.
 */
export async function request(method, url, { body, key, version, query, signal, onProgress, headers = {} } = {}) {
  const send = { Accept: "application/json", "Accept-Language": language(), ...headers };
  const options = { method, signal, headers: send, credentials: "same-origin" };
  if (globalThis.FormData && body instanceof FormData) options.body = body; // a file: the browser writes the type
  else if (body !== undefined) {
    send["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  if (!READS.has(method)) {
    send["X-CSRFToken"] = csrf();
    send["Idempotency-Key"] = key || uuid();
  }
  if (version !== undefined && version !== null) send["If-Match"] = `"${version}"`;
  const search = new URLSearchParams(Object.entries(query || {}).filter(([, v]) => v !== null && v !== undefined && v !== ""));
  const address = search.size || [...search].length ? `${url}${url.includes("?") ? "&" : "?"}${search}` : url;
  let response;
  let data;
  try {
    response = onProgress ? await upload(address, options, onProgress) : await fetch(address, options);
    data = await readBody(response);
  } catch (cause) {
    if (cause.name === "AbortError") return [null, null, failure(0, "aborted")];
    announce(false);
    return [null, null, failure(0, "offline")];
  }
  announce(true);
  if (response.ok) return data === UNREADABLE ? [null, response, failure(response.status, "unreadable")] : [data, response, null];
  const told = data && typeof data === "object" ? data : {};
  return [null, response, { places: [], fields: {}, detail: "", code: "", title: problemFor(response.status), ...told, status: response.status }];
}
