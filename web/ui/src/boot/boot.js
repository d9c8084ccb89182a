/* Runs before anything is painted, as a classic script of the oldest JavaScript, so that every browser understands it:
   it shows the theme that was chosen, and says so where the browser is too old for the page. */
(function () {
  "use strict";
  var root = document.documentElement;

  function remembered(key) {
    try {
      return window.localStorage.getItem(key);
    } catch (error) /* eslint-disable-line no-unused-vars -- such old browsers know no catch without a name */ {
      return null;
    }
  }

  var theme = remembered("milanio.theme");
  if (theme !== "dark" && theme !== "light") {
    theme = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  root.setAttribute("data-theme", theme);

  /* What the page is built on, newest first; all browsers of the last three years have it. */
  function isNewEnough() {
    return (
      "noModule" in document.createElement("script") &&
      typeof window.RTCPeerConnection === "function" &&
      "addTransceiver" in window.RTCPeerConnection.prototype &&
      typeof window.structuredClone === "function" &&
      typeof Array.prototype.at === "function" &&
      typeof AbortSignal === "function" &&
      typeof AbortSignal.timeout === "function" &&
      typeof ResizeObserver === "function" &&
      "adoptedStyleSheets" in Document.prototype &&
      typeof CSS === "object" &&
      CSS.supports("color", "color-mix(in srgb, red, blue)")
    );
  }

  if (isNewEnough()) return;
  root.setAttribute("data-browser", "old");

  var german = (remembered("milanio.language") || navigator.language || "en").slice(0, 2) === "de";
  function explain() {
    var box = document.getElementById("old-browser");
    if (!box) return;
    var texts = box.getElementsByTagName("div");
    for (var i = 0; i < texts.length; i++) texts[i].hidden = texts[i].lang !== (german ? "de" : "en");
    box.removeAttribute("hidden");
    box.style.display = "block";
  }
  document.addEventListener("DOMContentLoaded", explain);
})();
