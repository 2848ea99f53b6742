/* The plots of the atlas: what a loss does at anchor 0 of a small batch, drawn in the page.

   A loss registers itself as contragrad.losses[name] = {hyper, inputs, program, …}; its program was
   written from the symbolic decomposition (reports/atlas/javascript). No network, no libraries. */
(() => {
"use strict";
const app = (globalThis.contragrad ??= {});
app.losses ??= {};

/* ---- the batch ---------------------------------------------------------------------------- */

const N = 16, D = 8, SEED = 20240218;
const STEPS = 160; // parts of [0, π]; the ends are left out: there the positive pulls nowhere

/* Numbers in [−1, 1): x ← (1664525 x + 1013904223) mod 2³², x / 2³¹ − 1. */
const generator = (seed) => {
  let x = seed;
  return () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return x / 2 ** 31 - 1;
  };
};
const dot = (a, b) => { let s = 0; for (let n = 0; n < D; n++) s += a[n] * b[n]; return s; };
const unit = (a) => { const r = Math.sqrt(dot(a, a)); return a.map((x) => x / r); };
const along = (h, t, angle) => h.map((x, n) => Math.cos(angle) * x + Math.sin(angle) * t[n]);

/* What does not depend on any slider: h_0, the direction its positive is turned to, and for every
   other sample its two directions from h_0 and the places of its angles in [−1, 1). */
const fixed = (() => {
  const next = generator(SEED);
  const draw = () => Array.from({ length: D }, next);
  const h = unit(draw());
  const turned = (a) => { const s = dot(a, h); return unit(a.map((x, n) => x - s * h[n])); };
  const positive = turned(draw());
  const others = [];
  for (let j = 1; j < N; j++) {
    const second = turned(draw()), shift = draw();
    const first = turned(second.map((x, n) => x + shift[n] / 2));
    others.push({ first, second, at: next(), atSecond: next() });
  }
  return { h, positive, others };
})();

/* The two views, N rows each: h_0 and h'_0 are θ apart, h_j and h'_j are at angles within
   mean ± spread of h_0; all of norm 1, or √D for a loss of raw embeddings. */
const rows = ({ theta, mean, spread }, raw) => {
  const { h, positive, others } = fixed;
  const size = raw ? Math.sqrt(D) : 1;
  const views = [
    [h, ...others.map((o) => along(h, o.first, mean + spread * o.at))],
    [along(h, positive, theta), ...others.map((o) => along(h, o.second, mean + spread * o.atSecond))],
  ];
  return views.map((view) => view.map((row) => (raw ? row.map((x) => size * x) : row)));
};

/* ---- what programs call ------------------------------------------------------------------- */

const lseOf = (values) => {
  let top = -Infinity, sum = 0;
  for (const x of values) if (x > top) top = x;
  if (top === -Infinity) top = 0; // nothing to sum, or NaN
  for (const x of values) sum += Math.exp(x - top);
  return top + Math.log(sum);
};
const each = (n, f) => { const out = new Array(n); for (let k = 0; k < n; k++) out[k] = f(k); return out; };
const pure = {
  N, D, E: Math.exp, L: Math.log, P: Math.log1p,
  F: (f) => { // computed once for every value of its indices
    const known = [];
    return (i = 0, j = 0, k = 0) => (known[(i * N + j) * N + k] ??= f(i, j, k));
  },
  S: (n, f) => { let s = 0; for (let k = 0; k < n; k++) s += f(k); return s; },
  R: (x) => (x >= 0 ? Math.sqrt(x) : x > -1e-12 ? 0 : NaN), // just below 0 by rounding
  iv: (x) => (x === 0 ? 0 : 1 / x), // of a length: the zero subgradient
  pw: (x, p) => {
    const base = x < 0 && x > -1e-12 ? 0 : x;
    return base === 0 && p < 0 ? 0 : base ** p;
  },
  la: (...values) => lseOf(values),
  lse: (n, f) => lseOf(each(n, f)),
  am: (i, f) => { // argmax over the others; at a tie the first
    let best = -1, most = -Infinity;
    for (let k = 0; k < N; k++) {
      if (k === i) continue;
      const x = f(k);
      if (best < 0 || x > most) [best, most] = [k, x];
    }
    return best;
  },
  mx: (i, f) => f(pure.am(i, f)),
  top: (i, share, f) => { // the least of the largest ⌈share·(N − 1)⌉ among the others
    const kept = Math.max(1, Math.ceil(share * (N - 1) - 1e-9));
    const others = each(N, f).filter((_, k) => k !== i).sort((a, b) => b - a);
    return others[kept - 1];
  },
};

const centred = (view) => {
  const mean = each(D, (a) => pure.S(N, (k) => view[k][a]) / N);
  return view.map((row) => row.map((x, a) => x - mean[a]));
};
const norm = (a, b, sign) => {
  let s = 0;
  for (let n = 0; n < D; n++) s += (a[n] + sign * b[n]) ** 2;
  return s;
};

/* Views by number: h 0, h' 1, centred 2 and 3. */
const helpers = (loss, settings) => {
  const plain = rows(settings, loss.raw), known = [];
  const view = (v) => (known[v] ??= v < 2 ? plain[v] : centred(plain[v - 2]));
  const products = each(16, () => []);
  const c = (v, i, w, j) => (products[v * 4 + w][i * N + j] ??= dot(view(v)[i], view(w)[j]));
  const d2 = (v, i, w, j) => norm(view(v)[i], view(w)[j], -1);
  const s2 = (v, i, w, j) => norm(view(v)[i], view(w)[j], 1);
  return {
    ...pure, M: loss.M, G: loss.inputs, c, d2,
    x: (v, i, a) => view(v)[i][a],
    t: (v, i, w, j) => 2 * Math.atan2(Math.sqrt(d2(v, i, w, j)), Math.sqrt(s2(v, i, w, j))),
    sn: (v, i, w, j) => Math.sqrt(d2(v, i, w, j) * s2(v, i, w, j)) / 2,
  };
};

/* ---- values ------------------------------------------------------------------------------- */

const defaults = (loss) => ({
  theta: Math.PI / 4, mean: 0.45 * Math.PI, spread: 0.2,
  q: Object.fromEntries(loss.hyper.map((x) => [x.name, x.value])),
});

/* Everything of anchor 0: numbers, and the lists pushes and weights, pool by pool, j = 1 … N − 1. */
const evaluate = (name, settings) => {
  const loss = app.losses[name];
  const found = loss.program(helpers(loss, settings), settings.q);
  const overOthers = (fs) => fs.flatMap((f) => each(N - 1, (j) => f(0, j + 1)));
  const pushes = overOthers(found.a), weights = overOthers(found.w).map(Math.abs);
  const total = weights.reduce((s, x) => s + x, 0);
  return {
    loss: found.loss(0), gd: found.gd(0), pull: found.pull(0),
    ratio: found.ratio ? found.ratio(0) : NaN,
    push: pushes.reduce((s, x) => s + x, 0),
    share: Math.max(...weights) / total,
    pushes, weights,
  };
};

const grid = each(STEPS - 1, (n) => (Math.PI * (n + 1)) / STEPS);
const curves = (name, settings) => grid.map((theta) => evaluate(name, { ...settings, theta }));

/* Where gates leave no negative, W and R do not exist, though their formulas have values. */
const shown = (loss, key, value) => {
  const closed = loss.condition && value.pushes.every((x) => x === 0);
  return closed && (key === "ratio" || key === "share") ? NaN : value[key];
};
const why = (loss, key, value) => {
  if (loss.condition && value.pushes.every((x) => x === 0)) return "no negative is active";
  return Math.abs(value[key]) === Infinity ? "it is infinite" : "it is 0/0";
};

/* ---- text --------------------------------------------------------------------------------- */

const raised = (digits) => [...digits].map((x) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(x)]).join("");
const text = (x) => {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "undefined" : x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  if (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5) return String(+x.toPrecision(3)).replace("-", "−");
  const [digits, power] = x.toExponential(2).split("e");
  return `${digits.replace("-", "−")} · 10${raised(power.replace("+", ""))}`;
};
const inPi = (x) => `${(x / Math.PI).toFixed(3).replace(/0+$/, "").replace(/\.$/, "")}π`;
const make = (tag, attributes = {}, ...children) => {
  const svg = ["svg", "path", "line", "circle", "text", "tspan", "g", "rect", "title"].includes(tag);
  const found = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
};

/* ---- the picture -------------------------------------------------------------------------- */

/* Lowest and highest to draw, and whether values beyond are cut off: a pole would flatten the rest. */
const extent = (lines) => {
  const values = lines.flat().filter(Number.isFinite);
  if (!values.length) return { low: 0, high: 1, cut: false };
  let low = Math.min(...values), high = Math.max(...values);
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  const usual = 100 * sizes[Math.floor(0.8 * (sizes.length - 1))];
  const cut = usual > 0 && sizes[sizes.length - 1] > usual;
  if (cut) [low, high] = [Math.max(low, -usual), Math.min(high, usual)];
  [low, high] = [Math.min(low, 0), Math.max(high, 0)]; // a curve is read against 0
  if (high - low < 1e-300) high = low + 1;
  return { low, high, cut };
};
const ticks = (low, high, most) => {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((x) => x * power).find((x) => x >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  return each(Math.floor(high / step + 1e-9) - first + 1, (n) => +((first + n) * step).toPrecision(12));
};

/* A line through the values; where one is not finite, or is cut off, it is interrupted. */
const path = (values, x, y, inside) => {
  let drawing = false, out = "";
  values.forEach((value, n) => {
    const ok = Number.isFinite(value) && inside(value);
    if (ok) out += `${drawing ? "L" : "M"}${x(grid[n]).toFixed(1)} ${y(value).toFixed(2)}`;
    drawing = ok;
  });
  return out;
};

/* lines: [{values, strong}], over the grid; marked: number in the grid. Returns the <svg>. */
const picture = (lines, axis, marked, width, label) => {
  const height = Math.max(220, Math.min(340, width * 0.55));
  const box = { left: 62, right: width - 14, top: 34, bottom: height - 44 };
  const { low, high, cut } = extent(lines.map((l) => l.values));
  const pad = (high - low) * 0.04;
  const x = (theta) => box.left + (theta / Math.PI) * (box.right - box.left);
  const y = (v) => box.bottom - ((v - low + pad) / (high - low + 2 * pad)) * (box.bottom - box.top);
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  for (const v of ticks(low, high, 5)) {
    svg.append(make("line", { class: "grid", x1: box.left, x2: box.right, y1: y(v), y2: y(v) }));
    svg.append(make("text", { x: box.left - 7, y: y(v) + 4, "text-anchor": "end" }, text(v)));
  }
  ["0", "π/4", "π/2", "3π/4", "π"].forEach((name, n) => {
    const at = x((n * Math.PI) / 4);
    svg.append(make("line", { class: "axis", x1: at, x2: at, y1: box.bottom, y2: box.bottom + 5 }));
    svg.append(make("text", { x: at, y: box.bottom + 19, "text-anchor": "middle" }, name));
  });
  svg.append(make("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }));
  svg.append(make("text", { x: box.left - 50, y: 16 }, ...subscripted(axis)));
  svg.append(make("text", { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" },
    ...subscripted(width < 420 ? "θ_00′ (rad)" : "angle of the anchor and its positive, θ_00′ (rad)")));
  const inside = (v) => v >= low - pad && v <= high + pad;
  for (const l of lines)
    svg.append(make("path", { class: l.strong ? "curve" : "curve weak", d: path(l.values, x, y, inside) }));
  const at = x(grid[marked]);
  svg.append(make("line", { class: "marker", x1: at, x2: at, y1: box.top, y2: box.bottom }));
  for (const l of lines) {
    const v = l.values[marked];
    if (Number.isFinite(v) && inside(v) && l.strong)
      svg.append(make("circle", { class: "dot", cx: at, cy: y(v), r: 5 }));
  }
  const nearest = (px) => { // the number in the grid below a place in the picture
    const part = (px - box.left) / (box.right - box.left);
    return Math.max(0, Math.min(STEPS - 2, Math.round(part * STEPS) - 1));
  };
  return { svg, nearest, cut: cut && { low, high } };
};
/* a_0j with a lowered 0j: in the picture, and in plain text. */
const subscripted = (said) => said.split(/(_[0-9a-z]+)/).map((part) =>
  part.startsWith("_") ? make("tspan", { class: "sub" }, part.slice(1)) : part);
const lowered = (said) => said.replace(/_([0-9a-z]+)/g, (_, low) => low.replace(/0/g, "₀").replace(/j/g, "ⱼ"));

/* ---- the widget --------------------------------------------------------------------------- */

const STYLE = `
.plot{max-width:46rem}.plot form,.plot [data-part=controls]{display:grid;grid-template-columns:minmax(0,1fr);gap:.6rem;margin:.6rem 0}
.plot .control{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.2fr) 4.5rem;gap:.2rem .8rem;align-items:center}
.plot label{line-height:1.35}
.plot .control small{display:block;color:var(--soft,#5a606b)}
.plot .control output{font-variant-numeric:tabular-nums;white-space:nowrap}
.plot input[type=range]{width:100%;min-height:24px;margin:0;accent-color:var(--accent,#0b62a8)}
.plot form[hidden]{display:none}.plot select{width:100%}.plot select,.plot button{font:inherit;color:inherit;background:var(--panel,#f6f7f9);border:1px solid var(--soft,#5a606b);border-radius:.3rem;padding:.25rem .5rem;min-height:2rem;max-width:100%}
.plot :focus-visible{outline:2px solid var(--accent,#0b62a8);outline-offset:2px}
.plot svg{display:block;max-width:100%;height:auto;touch-action:pan-y;cursor:crosshair}
.plot svg text{fill:var(--ink,#1b1d22);font:13px system-ui,sans-serif}.plot svg .sub{font-size:10px;baseline-shift:sub}
.plot .grid{stroke:var(--line,#d9dce2)}.plot .axis{stroke:var(--ink,#1b1d22)}
.plot .curve{fill:none;stroke:var(--accent,#0b62a8);stroke-width:2.2;stroke-linejoin:round}
.plot .weak{stroke-width:1;stroke-opacity:.65}
.plot .marker{stroke:var(--ink,#1b1d22);stroke-dasharray:3 3}.plot .dot{fill:var(--accent,#0b62a8);stroke:var(--page,#fff);stroke-width:1.5}
.plot .reading{font-variant-numeric:tabular-nums;min-height:1.6em;margin:.3rem 0}
.plot .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.plot .wide{overflow-x:auto}
@media (max-width:30rem){.plot .control{grid-template-columns:minmax(0,1fr) 4.5rem}.plot .control label{grid-column:1/-1}}
@media (forced-colors:active){.plot svg text{fill:CanvasText}.plot .curve{stroke:Highlight}}`;

const POSITIONS = 200; // of a slider
const home = (s) => s.low === s.high ? 0 : Math.round(POSITIONS * (s.log
  ? Math.log(s.value / s.low) / Math.log(s.high / s.low) : (s.value - s.low) / (s.high - s.low)));
const valueAt = (s, at) => {
  if (at === home(s)) return s.value; // the default exactly, not the nearest step
  const part = at / POSITIONS;
  return +(s.log ? s.low * (s.high / s.low) ** part : s.low + (s.high - s.low) * part).toPrecision(3);
};

const SHAPE = [
  { name: "mean", label: "negatives", meaning: "mean angle of the negatives and the anchor", value: 0.45 * Math.PI, low: 0.15 * Math.PI, high: 0.85 * Math.PI, show: inPi },
  { name: "spread", label: "spread", meaning: "of their angles, ± rad", value: 0.2, low: 0.02, high: 0.4 },
];
let mounted = 0;

class Plot {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.loss;
    this.loss = app.losses[this.name];
    this.id = `plot-${++mounted}`;
    this.settings = defaults(this.loss);
    this.marked = STEPS / 4 - 1;
    this.hovered = null;
    this.find = (part) => root.querySelector(`[data-part=${part}]`);
    this.choice = root.querySelector("select");
    this.controls();
    this.values = curves(this.name, this.settings);
    this.choice.addEventListener("change", () => this.soon());
    this.find("table").addEventListener("toggle", () => this.table());
    const place = this.find("picture");
    place.addEventListener("pointermove", (e) => this.hover(this.nearest(e)));
    place.addEventListener("pointerdown", (e) => this.mark(this.nearest(e)));
    place.addEventListener("pointerleave", () => this.hover(null));
    root.addEventListener("input", () => { this.touched = true; });
    new ResizeObserver(() => this.soon()).observe(place);
    root.classList.add("ready");
    for (const part of root.querySelectorAll("[data-scripted]")) part.hidden = false;
    this.draw();
  }

  controls() {
    const place = this.find("controls");
    const angle = { name: "theta", label: "θ", meaning: "of the marked point", show: (at) => inPi(grid[at - 1]) };
    place.append(this.slider(angle, { min: 1, max: STEPS - 1, value: this.marked + 1 }, (at) => { this.marked = at - 1; }, (at) => at));
    for (const s of [...SHAPE, ...this.loss.hyper]) {
      const store = (x) => {
        if (SHAPE.includes(s)) this.settings[s.name] = x; else this.settings.q[s.name] = x;
        this.stale = true;
      };
      place.append(this.slider(s, { min: 0, max: POSITIONS, value: home(s) }, store, (at) => valueAt(s, at)));
    }
    const button = make("button", { type: "button" }, "Back to the defaults");
    button.addEventListener("click", () => {
      for (const input of place.querySelectorAll("input")) {
        input.value = input.defaultValue;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
    place.append(make("div", {}, button));
  }

  slider(s, range, store, read) {
    const id = `${this.id}-${s.name}`;
    const input = make("input", { type: "range", id, step: 1, "data-name": s.name, ...range });
    const output = make("output", { for: id, "aria-live": "off" });
    const show = () => {
      const value = read(+input.value);
      output.textContent = (s.show ?? text)(value);
      input.setAttribute("aria-valuetext", output.textContent);
      return value;
    };
    input.addEventListener("input", () => { store(show()); this.soon(); });
    show();
    const label = make("label", { for: id }, s.label, " ", make("small", {}, s.meaning));
    return make("div", { class: "control" }, label, input, output);
  }

  soon() { // at most once a frame
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  lines() {
    const key = this.choice.value;
    if (key !== "pushes") return [{ strong: true, values: this.values.map((v) => shown(this.loss, key, v)) }];
    const last = this.values[this.marked].weights;
    const hardest = last.indexOf(Math.max(...last));
    return last.map((_, j) => ({ strong: j === hardest, values: this.values.map((v) => v.pushes[j]) }));
  }

  draw() {
    if (this.stale) this.values = curves(this.name, this.settings);
    this.stale = false;
    const key = this.choice.value, chosen = this.choice.selectedOptions[0].textContent;
    const lines = this.lines(), place = this.find("picture");
    const width = Math.max(260, Math.round(place.clientWidth || 640));
    const label = `${chosen} of ${this.name} against the angle of the anchor and its positive; the values are in the table below`;
    const { svg, nearest, cut } = picture(lines, this.loss.axes[key], this.hovered ?? this.marked, width, label);
    place.replaceChildren(svg);
    this.nearest = (event) => {
      const seen = svg.getBoundingClientRect();
      return nearest(((event.clientX - seen.left) / seen.width) * width);
    };
    this.find("gaps").textContent = this.gaps(key, lines, cut);
    this.read();
    this.table();
  }

  hover(at) {
    if (at === this.hovered) return;
    this.hovered = at;
    this.soon();
  }

  mark(at) {
    const input = this.root.querySelector("[data-name=theta]");
    input.value = at + 1;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  gaps(key, lines, cut) {
    const missing = this.values.filter((v, n) => lines.some((l) => !Number.isFinite(l.values[n])));
    const said = [];
    if (missing.length) {
      const reasons = [...new Set(missing.map((v) => why(this.loss, key, v)))];
      said.push(`Undefined at ${missing.length} of ${grid.length} angles: ${reasons.join("; ")}.`);
    }
    if (cut) said.push(`Values outside ${text(cut.low)} to ${text(cut.high)} are not drawn; the marker reads them.`);
    return said.join(" ");
  }

  sentence(at) {
    const key = this.choice.value, value = this.values[at], angle = inPi(grid[at]);
    if (key === "pushes") {
      const p = value.pushes;
      return `θ = ${angle}: a from ${text(Math.min(...p))} to ${text(Math.max(...p))}, sum ${text(value.push)}`;
    }
    const x = shown(this.loss, key, value);
    const reason = Number.isFinite(x) ? "" : ` (${why(this.loss, key, value)})`;
    return `θ = ${angle}: ${lowered(this.loss.axes[key])} = ${text(x)}${reason}`;
  }

  read() { // seen at once; told to screen readers when the marker has come to rest
    this.find("reading").textContent = this.sentence(this.hovered ?? this.marked);
    clearTimeout(this.telling);
    if (this.hovered !== null || !this.touched) return;
    this.telling = setTimeout(() => {
      const said = this.sentence(this.marked), told = this.find("told");
      if (told.textContent !== said) told.textContent = said;
    }, 600);
  }

  table() {
    const details = this.find("table");
    if (!details.open) return;
    const key = this.choice.value, axis = lowered(this.loss.axes[key]);
    const heads = key === "pushes" ? ["θ", "least a", "largest a", "sum"] : ["θ", axis];
    const cells = (v) => key === "pushes"
      ? [Math.min(...v.pushes), Math.max(...v.pushes), v.push] : [shown(this.loss, key, v)];
    const body = grid.flatMap((theta, n) => (n + 1) % (STEPS / 16) ? [] : [make("tr", {},
      make("th", { scope: "row" }, inPi(theta)), ...cells(this.values[n]).map((x) => make("td", { class: "number" }, text(x))))]);
    const head = make("tr", {}, ...heads.map((x) => make("th", { scope: "col" }, x)));
    this.find("rows").replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
  }
}

const mount = () => {
  const roots = [...document.querySelectorAll(".plot[data-loss]:not(.ready)")];
  if (!roots.length) return;
  document.head.append(make("style", {}, STYLE));
  app.plots = roots.map((root) => new Plot(root));
};
Object.assign(app, { defaults, rows, evaluate, curves, grid, valueAt, home, mount });
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
else mount();
})();
