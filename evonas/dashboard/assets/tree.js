"use strict";
// The family tree: the code that draws it comes when it is needed, and its keys.
(function () {
  var coming = null;

  // A promise of Cytoscape as a component; one attempt at a time, a new one after a failure.
  function code() {
    coming = coming || new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.src = document.querySelector("meta[name=tree-code]").content;
      script.onload = function () {
        var found = window.dash_cytoscape.Cytoscape;
        window.dash_cytoscape = waiting; // a drawing that stands already must not be made again
        done({default: found});
      };
      script.onerror = function () {
        coming = null;
        failed(new Error("The code of the family tree did not come: does the dashboard still run?"));
      };
      document.head.appendChild(script);
    });
    return coming;
  }

  // What Dash finds under the name of Cytoscape: it fetches the code when a drawing is there to be shown.
  var Drawing = window.React.lazy(code);
  var waiting = {
    Cytoscape: function (properties) {
      var create = window.React.createElement;
      var fallback = create("p", {className: "waiting"}, "drawing …");
      return create(window.React.Suspense, {fallback: fallback}, create(Drawing, properties));
    }
  };
  window.dash_cytoscape = waiting;

  // Cytoscape keeps its object at its element.
  function drawing() {
    var place = document.getElementById("tree-graph");
    return place && place._cyreg ? place._cyreg.cy : null;
  }
  function zoom(factor) {
    var tree = drawing();
    if (!tree) { return false; }
    tree.zoom({level: tree.zoom() * factor, renderedPosition: {x: tree.width() / 2, y: tree.height() / 2}});
    return true;
  }
  function fit() {
    var tree = drawing();
    if (tree) { tree.fit(undefined, 24); }
    return Boolean(tree);
  }
  function move(x, y) {
    var tree = drawing();
    if (tree) { tree.panBy({x: x, y: y}); }
    return Boolean(tree);
  }

  // What a node stands for, in words, where the mouse rests on it.
  document.addEventListener("pointerover", function (event) {
    var tree = event.target.closest && event.target.closest("#tree-graph") ? drawing() : null;
    if (!tree || tree.scratch("evonas")) { return; }
    tree.scratch("evonas", true);
    tree.on("mouseover", "node", function (over) {
      document.getElementById("tree-canvas").title = over.target.data("told") || "";
    });
    tree.on("mouseout", "node", function () { document.getElementById("tree-canvas").removeAttribute("title"); });
  });

  window.evonas_tree = {code: code, zoom: zoom, fit: fit, move: move}; // for keys.js
})();
