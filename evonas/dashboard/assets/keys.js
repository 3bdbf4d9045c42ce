"use strict";
// Keys, theme and title: what must happen in the page itself.
(function () {
  var THEMES = ["auto", "light", "dark"];
  var media = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try { return JSON.parse(window.localStorage.getItem("theme")) || "auto"; } catch (error) { return "auto"; }
  }
  function resolved(theme) { return theme === "auto" ? (media.matches ? "dark" : "light") : theme; }
  function apply(theme) { document.documentElement.dataset.theme = resolved(theme); }

  apply(stored());
  media.addEventListener("change", function () {
    apply(stored());
    window.dash_clientside.set_props("scheme", {data: resolved(stored())});
  });

  // The view stands: the code of the family tree may come while there is nothing else to do.
  function ahead() {
    var idle = window.requestIdleCallback || window.setTimeout;
    idle(function () { window.evonas_tree.code().catch(function () { /* it is asked for again when the tree is opened */ }); });
  }

  var first = true;
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.evonas = {
    title: function (title) {
      if (title) { document.title = title; }
      document.querySelectorAll("#views a").forEach(function (link) {
        if (link.classList.contains("current")) { link.setAttribute("aria-current", "page"); }
        else { link.removeAttribute("aria-current"); }
      });
      if (!first && title) { // a new view: readers and keyboards begin at its top
        var content = document.getElementById("content");
        var inside = document.activeElement && document.activeElement.closest("header, dialog");
        if (content && !inside) { content.focus({preventScroll: true}); window.scrollTo(0, 0); }
      }
      if (first) { window.setTimeout(ahead, 1500); }
      first = false;
      return window.dash_clientside.no_update;
    },
    theme: function (clicks, theme) {
      var now = THEMES.indexOf(theme) < 0 ? stored() : theme;
      if (clicks) { now = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]; }
      try { window.localStorage.setItem("theme", JSON.stringify(now)); } catch (error) { /* private window */ }
      apply(now);
      return [now, resolved(now), "Theme: " + now];
    }
  };

  function click(id) {
    var button = document.getElementById(id);
    if (button) { button.click(); }
    return Boolean(button);
  }
  function typing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      Boolean(target.closest("[role=listbox], [role=combobox], .dash-dropdown, .dash-dropdown-content"));
  }
  function off() {
    try { return window.localStorage.getItem("single-keys") === "off"; } catch (error) { return false; }
  }
  function setKeys(button, turned) {
    try { window.localStorage.setItem("single-keys", turned); } catch (error) { /* private window */ }
    button.textContent = "Single keys: " + turned;
  }

  var STEPS = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};

  document.addEventListener("keydown", function (event) {
    var help = document.getElementById("help");
    var tree = window.evonas_tree;
    if (!help || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) { return; }
    if (event.target.id === "tree-canvas" && STEPS[event.key] && tree.move.apply(null, STEPS[event.key])) {
      event.preventDefault();
      return;
    }
    if (event.key === "?") { help.showModal(); event.preventDefault(); return; }
    if (help.open || off()) { return; }
    var done = false;
    if (/^[1-9]$/.test(event.key)) {
      var links = document.querySelectorAll("#views a");
      if (links[event.key - 1]) { links[event.key - 1].click(); done = true; }
    } else if (event.key === "/") {
      var search = document.getElementById("tree-search");
      if (search) { search.focus(); done = true; }
    } else if (event.key === "t") { done = click("theme-button");
    } else if (event.key === "f") { done = tree.fit();
    } else if (event.key === "+") { done = tree.zoom(1.3);
    } else if (event.key === "-") { done = tree.zoom(1 / 1.3); }
    if (done) { event.preventDefault(); }
  });
  document.addEventListener("click", function (event) {
    var help = document.getElementById("help");
    var tree = window.evonas_tree;
    if (!help) { return; }
    var actions = {
      "tree-in": function () { tree.zoom(1.3); }, "tree-out": function () { tree.zoom(1 / 1.3); }, "tree-fit": tree.fit
    };
    if (actions[event.target.id]) { actions[event.target.id](); }
    if (event.target.id === "help-button") {
      document.getElementById("keys-button").textContent = "Single keys: " + (off() ? "off" : "on");
      help.showModal();
    }
    if (event.target.id === "keys-button") { setKeys(event.target, off() ? "on" : "off"); }
    if (event.target.id === "help-close" || event.target === help) { help.close(); }
    if (event.target.matches(".skip")) {
      event.preventDefault();
      document.getElementById("content").focus();
    }
  });
})();
