// Package web is Cairn's web page and its JSON API.
//
// # How data enters and leaves
//
// A question comes in by the form on the page (GET or POST /ask) or as JSON
// (POST /api/ask) and goes to the [adapters.Asker]; the reply's Message is
// rendered by html/template, its Object is what the API answers. Documents
// come from [adapters.Documents] and are shown under /d/{library}/{path} as
// text with line numbers, the cited lines highlighted. Pages work without
// JavaScript; a small script adds copying, recent questions and keys, and keeps
// options and paths on one line.
//
// # Who may use it
//
// [Web] checks every request itself: the Host header against loopback names,
// the listening address and the public URL (so that no other site's name can
// be pointed at it), Origin and Sec-Fetch-Site on everything that is not a
// read, the access token as a bearer token or from the login form's cookie,
// and the limits on size, time, rate and concurrency. [Web.Protect] gives the
// same to a handler of somebody else, [Web.Handle] mounts one beside the
// page's own routes. What relies on checks of its own, such as a signed
// webhook, is mounted on the server directly, not here. [CheckListen] refuses
// an address that others can reach where nothing asks for a token.
//
// # Text
//
// Everything out of documents and questions is text: it is escaped, links go
// only to http, https and the page's own paths, and characters that are
// invisible or reorder a line are shown by name without changing what is
// copied. The Content-Security-Policy allows no inline script or style and
// nothing from elsewhere.
//
// # Concurrency
//
// A Web is safe for concurrent use once its routes are mounted.
package web
