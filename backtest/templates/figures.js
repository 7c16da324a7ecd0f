"use strict";
// Draws the page's Plotly figures, one per frame. The library waits as text until the page can be read and
// the candles are there: it takes longer than all the rest.
window.addEventListener("load", async () => {
  await window.candlesDrawn;
  await new Promise(done => setTimeout(done));
  const library = document.createElement("script");
  library.textContent = document.getElementById("plotly").textContent;
  document.head.append(library);
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const isTouch = window.matchMedia("(pointer: coarse)").matches;
  for (const [id, figure] of Object.entries(figures)) {
    if (isTouch) figure.layout.dragmode = false; // a finger on a figure scrolls the page
    await Plotly.newPlot(id, figure.data, figure.layout, { responsive: true, displaylogo: false, displayModeBar: isTouch ? false : "hover" });
    await new Promise(requestAnimationFrame);
  }
  document.documentElement.dataset.figures = "drawn";
});
