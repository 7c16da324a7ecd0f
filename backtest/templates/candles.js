"use strict";
// Draws all bars of a back-test, put together into as many candles as the screen has room for, with
// the trades inside the visible range. Knows nothing but the three data blocks of its page.
(() => {
  const COLOURS = { up: "#94a3b8", down: "#475569", gain: "#15803d", loss: "#b91c1c", grid: "#e5e7eb", ink: "#1f2937", muted: "#6b7280", accent: "#0b57d0" };
  const CANDLE_PIXELS = 3, MOST_CANDLES = 1500, FEWEST_BARS = 12, MOST_MARKED = 250, FIRST_BARS = 300, MONTHS_SECONDS = 90 * 86400;
  const BOTTOM = 24, TOP = 8, STRIP = 46;
  const canvas = document.getElementById("candles"), strip = document.getElementById("strip"), out = document.getElementById("readout");
  const text = id => document.getElementById(id).textContent;
  const facts = JSON.parse(text("candle-facts")), n = facts.bars;
  const bars = { time: null, open: null, high: null, low: null, close: null };
  let trades, first = 0, last = n, buckets = [], scale, pointer = null, current = -1;

  async function inflated(id) {
    const packed = Uint8Array.from(atob(text(id)), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function unpack(bytes) {
    const columns = [0, 1, 2, 3, 4].map(c => {
      const base = 4 * n * c, values = new Int32Array(n);
      for (let i = 0; i < n; i++) {
        const code = (bytes[base + i] | bytes[base + n + i] << 8 | bytes[base + 2 * n + i] << 16 | bytes[base + 3 * n + i] << 24) >>> 0;
        values[i] = code >>> 1 ^ -(code & 1);
      }
      return values;
    });
    for (const name of ["open", "high", "low", "close"]) bars[name] = new Int32Array(n);
    bars.time = new Float64Array(n);
    let time = facts.first, close = 0;
    for (let i = 0; i < n; i++) {
      time += columns[0][i];
      const open = close + columns[1][i];
      close = open + columns[2][i];
      bars.time[i] = time; bars.open[i] = open; bars.close[i] = close;
      bars.high[i] = Math.max(open, close) + columns[3][i];
      bars.low[i] = Math.min(open, close) - columns[4][i];
    }
  }

  // Buckets begin at multiples of their size, so that candles stand still while one pans.
  function aggregate(from, to, size) {
    const made = [];
    for (let start = Math.floor(from / size) * size; start < to; start += size) {
      const end = Math.min(start + size, n);
      let high = bars.high[start], low = bars.low[start];
      for (let i = start + 1; i < end; i++) {
        if (bars.high[i] > high) high = bars.high[i];
        if (bars.low[i] < low) low = bars.low[i];
      }
      made.push({ start, end, open: bars.open[start], high, low, close: bars.close[end - 1] });
    }
    return made;
  }

  const price = ticks => (ticks * facts.tick).toLocaleString("en-US", { minimumFractionDigits: facts.decimals, maximumFractionDigits: facts.decimals });
  const stamp = row => new Date(bars.time[Math.max(0, Math.min(n - 1, row))] * 1000).toISOString().slice(0, 16).replace("T", " ");
  const usd = value => (value < 0 ? "−" : "+") + Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) + " USD";

  function prepared(element) {
    const ratio = window.devicePixelRatio || 1, width = element.clientWidth, height = element.clientHeight;
    if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
      element.width = Math.round(width * ratio); element.height = Math.round(height * ratio);
    }
    const pen = element.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    return { pen, width, height };
  }

  function visibleTrades() {
    const rows = [];
    for (let i = 0; i < trades.entry.length; i++) if (trades.exit[i] >= first && trades.entry[i] < last) rows.push(i);
    return rows;
  }

  function niceStep(span, count) {
    const raw = span / count, power = 10 ** Math.floor(Math.log10(raw)), lead = raw / power;
    return (lead > 5 ? 10 : lead > 2 ? 5 : lead > 1 ? 2 : 1) * power;
  }

  function draw() {
    const { pen, width, height } = prepared(canvas);
    const right = 12 + Math.max(...[0, n >> 1, n - 1].map(row => pen.measureText(price(bars.high[row])).width));
    const plot = Math.max(80, width - right), floor = height - BOTTOM;
    const most = Math.max(20, Math.min(MOST_CANDLES, Math.floor(plot / CANDLE_PIXELS)));
    const size = Math.max(1, Math.ceil((last - first) / most));
    buckets = aggregate(first, last, size);
    const shown = visibleTrades();
    let high = -Infinity, low = Infinity;
    for (const b of buckets) { high = Math.max(high, b.high); low = Math.min(low, b.low); }
    const pad = Math.max(2, (high - low) * 0.05);
    high += pad; low -= pad;
    scale = { x: row => (row - first) / (last - first) * plot, y: ticks => TOP + (high - ticks) / (high - low) * (floor - TOP), row: x => first + x / plot * (last - first), plot, size };
    axes(pen, low, high, floor);
    pen.save();
    pen.beginPath(); pen.rect(0, 0, plot, floor); pen.clip();
    for (const b of buckets) candle(pen, b);
    const marked = shown.length <= MOST_MARKED;
    for (const i of shown) trip(pen, i, marked);
    if (pointer) crosshair(pen, floor);
    pen.restore();
    told(shown, marked);
    drawStrip();
  }

  function axes(pen, low, high, floor) {
    const step = niceStep((high - low) * facts.tick, 6) / facts.tick;
    pen.strokeStyle = COLOURS.grid; pen.fillStyle = COLOURS.muted; pen.lineWidth = 1; pen.textAlign = "left"; pen.textBaseline = "middle";
    for (let level = Math.ceil(low / step) * step; level < high; level += step) {
      const y = Math.round(scale.y(level)) + 0.5;
      if (y > floor - 4) continue;
      pen.beginPath(); pen.moveTo(0, y); pen.lineTo(scale.plot, y); pen.stroke();
      pen.fillText(price(level), scale.plot + 6, y);
    }
    const labels = Math.max(2, Math.floor(scale.plot / 170));
    pen.textAlign = "center"; pen.textBaseline = "bottom";
    for (let k = 0; k < labels; k++) {
      const x = (k + 0.5) / labels * scale.plot, label = stamp(Math.floor(scale.row(x)));
      pen.beginPath(); pen.moveTo(Math.round(x) + 0.5, TOP); pen.lineTo(Math.round(x) + 0.5, floor); pen.stroke();
      pen.fillText(bars.time[last - 1] - bars.time[first] > MONTHS_SECONDS ? label.slice(0, 10) : label, x, floor + BOTTOM - 4);
    }
  }

  function candle(pen, b) {
    const left = scale.x(b.start), right = scale.x(b.start + scale.size), middle = (left + right) / 2;
    const thick = Math.max(1, (right - left) * 0.7), top = scale.y(Math.max(b.open, b.close)), foot = scale.y(Math.min(b.open, b.close));
    pen.fillStyle = pen.strokeStyle = b.close >= b.open ? COLOURS.up : COLOURS.down;
    pen.lineWidth = 1;
    pen.beginPath(); pen.moveTo(middle, scale.y(b.high)); pen.lineTo(middle, scale.y(b.low)); pen.stroke();
    pen.fillRect(middle - thick / 2, top, thick, Math.max(1, foot - top));
  }

  function trip(pen, i, marked) {
    const x0 = scale.x(trades.entry[i] + 0.5), x1 = scale.x(trades.exit[i] + 0.5);
    const y0 = scale.y(trades.paid[i] / facts.tick), y1 = scale.y(trades.got[i] / facts.tick);
    pen.strokeStyle = pen.fillStyle = trades.net[i] > 0 ? COLOURS.gain : COLOURS.loss;
    pen.lineWidth = i === current ? 4 : marked ? 2 : 1;
    pen.globalAlpha = marked ? 1 : 0.6;
    pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1, y1); pen.stroke();
    if (marked) {
      const way = trades.size[i] > 0 ? 1 : -1;
      pen.beginPath(); pen.moveTo(x0, y0 - 6 * way); pen.lineTo(x0 - 5, y0 + 4 * way); pen.lineTo(x0 + 5, y0 + 4 * way); pen.closePath(); pen.fill();
      pen.lineWidth = 2;
      pen.beginPath(); pen.moveTo(x1 - 4, y1 - 4); pen.lineTo(x1 + 4, y1 + 4); pen.moveTo(x1 + 4, y1 - 4); pen.lineTo(x1 - 4, y1 + 4); pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  function crosshair(pen, floor) {
    pen.strokeStyle = COLOURS.muted; pen.lineWidth = 1; pen.setLineDash([3, 3]);
    pen.beginPath(); pen.moveTo(pointer.x, TOP); pen.lineTo(pointer.x, floor); pen.moveTo(0, pointer.y); pen.lineTo(scale.plot, pointer.y); pen.stroke();
    pen.setLineDash([]);
  }

  const described = i => `trade ${i + 1} of ${trades.entry.length}: ${trades.size[i] > 0 ? "long" : "short"} ${Math.abs(trades.size[i])}, ${stamp(trades.entry[i])} to ${stamp(trades.exit[i])}, ${usd(trades.net[i])} net, closed by ${trades.labels[trades.reason[i]]}`;

  function nearest(shown) {
    let found = -1, distance = 14;
    for (const i of shown) for (const [row, level] of [[trades.entry[i], trades.paid[i]], [trades.exit[i], trades.got[i]]]) {
      const d = Math.hypot(scale.x(row + 0.5) - pointer.x, scale.y(level / facts.tick) - pointer.y);
      if (d < distance) { distance = d; found = i; }
    }
    return found;
  }

  // What is shown, in words, for readers and for whoever cannot see the drawing.
  function told(shown, marked) {
    const each = scale.size === 1 ? "one candle per bar" : `${scale.size.toLocaleString("en-US")} bars per candle`;
    let line = `${stamp(first)} to ${stamp(last - 1)} UTC: ${each}, ${shown.length.toLocaleString("en-US")} trades${marked ? "" : " (zoom in for their marks)"}`;
    const b = pointer && buckets[Math.floor(scale.row(pointer.x) / scale.size) - Math.floor(first / scale.size)];
    const hit = pointer ? nearest(shown) : current;
    if (hit >= 0) line = described(hit);
    else if (b) line = `${stamp(b.start)}  open ${price(b.open)}  high ${price(b.high)}  low ${price(b.low)}  close ${price(b.close)}`;
    out.textContent = line;
    Object.assign(canvas.dataset, { candles: buckets.length, size: scale.size, trades: shown.length, first, last });
  }

  function drawStrip() {
    const { pen, width, height } = prepared(strip);
    if (!strip.outline || strip.outline.width !== width) {
      const size = Math.max(1, Math.ceil(n / width));
      strip.outline = { width, size, made: aggregate(0, n, size) };
    }
    const { size, made } = strip.outline;
    let high = -Infinity, low = Infinity;
    for (const b of made) { high = Math.max(high, b.high); low = Math.min(low, b.low); }
    const y = ticks => 3 + (high - ticks) / Math.max(1, high - low) * (height - 6);
    pen.fillStyle = "#dbeafe";
    pen.fillRect(first / n * width, 0, Math.max(3, (last - first) / n * width), height);
    pen.strokeStyle = COLOURS.muted; pen.lineWidth = 1;
    pen.beginPath();
    made.forEach(b => { const x = (b.start + size / 2) / n * width; pen.moveTo(x, y(b.high)); pen.lineTo(x, y(b.low) + 1); });
    pen.stroke();
    pen.strokeStyle = COLOURS.accent; pen.lineWidth = 2;
    pen.strokeRect(first / n * width + 1, 1, Math.max(3, (last - first) / n * width - 2), height - 2);
  }

  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function show(from, to) {
    const span = Math.max(Math.min(FEWEST_BARS, n), Math.min(n, Math.round(to - from)));
    first = Math.round(Math.max(0, Math.min(n - span, from)));
    last = first + span;
    redraw();
  }
  const zoom = (factor, at = (first + last) / 2) => show(at - (at - first) * factor, at - (at - first) * factor + (last - first) * factor);
  const pan = share => show(first + share * (last - first), last + share * (last - first));

  function goTo(i) {
    if (i < 0 || i >= trades.entry.length) return;
    current = i;
    const middle = (trades.entry[i] + trades.exit[i]) / 2, span = Math.max(FEWEST_BARS, Math.min(FIRST_BARS, last - first), (trades.exit[i] - trades.entry[i]) * 2);
    show(middle - span / 2, middle + span / 2);
  }
  const extreme = sign => trades.net.reduce((best, value, i) => best < 0 || sign * value > sign * trades.net[best] ? i : best, -1);
  const ACTIONS = {
    all: () => show(0, n), in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.5), right: () => pan(0.5),
    previous: () => goTo(current < 0 ? trades.entry.length - 1 : current - 1), next: () => goTo(current + 1),
    best: () => goTo(extreme(1)), worst: () => goTo(extreme(-1)),
  };
  const KEYS = { ArrowLeft: "left", ArrowRight: "right", "+": "in", "=": "in", "-": "out", Home: "all", n: "next", p: "previous" };

  function listen() {
    for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => { pointer = null; ACTIONS[button.dataset.do](); });
    canvas.addEventListener("keydown", e => { if (KEYS[e.key] && !e.ctrlKey) { e.preventDefault(); pointer = null; ACTIONS[KEYS[e.key]](); } });
    canvas.addEventListener("wheel", e => {
      if (!e.ctrlKey && document.activeElement !== canvas) return;
      e.preventDefault();
      zoom(e.deltaY > 0 ? 1.25 : 0.8, scale.row(e.offsetX));
    }, { passive: false });
    const held = new Map();
    let anchor = null;
    canvas.addEventListener("pointerdown", e => { held.set(e.pointerId, e.offsetX); anchor = { x: e.offsetX, first }; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener("pointermove", e => {
      if (held.size === 2 && held.has(e.pointerId)) {
        const other = [...held].find(([id]) => id !== e.pointerId)[1], before = Math.abs(held.get(e.pointerId) - other), now = Math.abs(e.offsetX - other);
        if (before > 10 && now > 10) zoom(before / now, scale.row((e.offsetX + other) / 2));
        anchor = { x: other, first };
      } else if (held.size === 1 && held.has(e.pointerId)) {
        const start = anchor.first - (e.offsetX - anchor.x) / scale.plot * (last - first);
        show(start, start + last - first);
      }
      if (held.has(e.pointerId)) held.set(e.pointerId, e.offsetX);
      current = -1;
      pointer = { x: e.offsetX, y: e.offsetY };
      redraw();
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, e => { held.delete(e.pointerId); if (held.size) anchor = { x: [...held.values()][0], first }; });
    canvas.addEventListener("pointerleave", () => { pointer = null; redraw(); });
    const jump = e => { if (e.buttons) { const middle = e.offsetX / strip.clientWidth * n, half = (last - first) / 2; show(middle - half, middle + half); } };
    strip.addEventListener("pointerdown", e => { strip.setPointerCapture(e.pointerId); jump(e); });
    strip.addEventListener("pointermove", jump);
    new ResizeObserver(redraw).observe(canvas);
  }

  async function begin() {
    const [packed, known] = await Promise.all([inflated("candle-bars"), inflated("candle-trades")]);
    unpack(packed);
    trades = JSON.parse(new TextDecoder().decode(known));
    first = Math.max(0, facts.view_end - FIRST_BARS); last = Math.min(n, first + FIRST_BARS);
    listen();
    draw();
  }
  if (window.DecompressionStream) window.candlesDrawn = begin();
  else out.textContent = "This browser is too old to unpack the bars: open the report in a newer one.";
})();
