/** A picture as a list of marks, so that one description becomes an SVG file or a PNG file. */

import { hatch } from './draw.js';

/** @typedef {import('./theme.js').Palette} Palette */
/**
 * @typedef {object} Mark
 * @property {'rect' | 'text' | 'path' | 'hatch'} kind
 * @property {number} [x]
 * @property {number} [y]
 * @property {number} [w]
 * @property {number} [h]
 * @property {string} [d] of a path
 * @property {string} [text]
 * @property {string} [fill]
 * @property {string} [stroke]
 * @property {number} [thick]
 * @property {number} [opacity]
 * @property {string} [dash] `2 2`
 * @property {number} [size] of a text
 * @property {number} [weight] of a text
 * @property {string} [family] of a text
 * @property {'start' | 'middle' | 'end'} [anchor] of a text
 * @property {number} [turn] degrees
 */
/** @typedef {{width: number, height: number, marks: Mark[]}} Picture */

/**
 * Paint a picture with a canvas pen. The page's own fonts are there.
 * @param {CanvasRenderingContext2D} pen
 * @param {Picture} picture
 * @param {Palette} palette
 */
export function paint(pen, picture, palette) {
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, picture.width, picture.height);
  for (const mark of picture.marks) {
    pen.save();
    pen.globalAlpha = mark.opacity ?? 1;
    const { x = 0, y = 0, w = 0, h = 0 } = mark;
    if (mark.kind === 'hatch') hatch(pen, palette, x, y, w, h, 6);
    else if (mark.kind === 'text') paintText(pen, mark);
    else paintShape(pen, mark, new Path2D(mark.d ?? `M${x},${y}h${w}v${h}h${-w}Z`));
    pen.restore();
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Mark} mark
 * @param {Path2D} path
 */
function paintShape(pen, mark, path) {
  if (mark.fill) {
    pen.fillStyle = mark.fill;
    pen.fill(path);
  }
  if (mark.stroke) {
    pen.strokeStyle = mark.stroke;
    pen.lineWidth = mark.thick ?? 1;
    pen.setLineDash((mark.dash ?? '').split(' ').filter(Boolean).map(Number));
    pen.stroke(path);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Mark} mark
 */
function paintText(pen, mark) {
  pen.translate(mark.x ?? 0, mark.y ?? 0);
  pen.rotate(((mark.turn ?? 0) * Math.PI) / 180);
  pen.font = `${mark.weight ?? 400} ${mark.size ?? 13}px ${mark.family ?? 'sans-serif'}`;
  pen.textAlign = mark.anchor === 'middle' ? 'center' : (mark.anchor ?? 'start');
  pen.fillStyle = mark.fill ?? '#000';
  pen.fillText(mark.text ?? '', 0, 0);
}

/**
 * Write a picture as an SVG file. Every text is escaped: a token `<b>` stays a token.
 * @param {Picture} picture
 * @param {Palette} palette
 */
export function toSvg({ width, height, marks }, palette) {
  const ground = attributes({ x: 0, y: 0, width, height, fill: palette.paper });
  const pattern =
    `<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="6" height="6" fill="${palette.sunk}"/><path d="M0,0V6" stroke="${palette.line2}" stroke-width="1.4"/></pattern>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<defs>${pattern}</defs><rect${ground}/>${marks.map(markToSvg).join('')}</svg>`
  );
}

/** @param {Mark} mark */
function markToSvg(mark) {
  const { x = 0, y = 0, w = 0, h = 0 } = mark;
  const style = { fill: mark.fill ?? 'none', opacity: mark.opacity };
  const edge = { stroke: mark.stroke, 'stroke-width': mark.stroke ? (mark.thick ?? 1) : undefined, 'stroke-dasharray': mark.dash };
  if (mark.kind === 'hatch') return `<rect${attributes({ x, y, width: w, height: h, fill: 'url(#hatch)' })}/>`;
  if (mark.kind === 'path') return `<path${attributes({ d: mark.d, ...style, ...edge })}/>`;
  if (mark.kind === 'rect') return `<rect${attributes({ x, y, width: w, height: h, ...style, ...edge })}/>`;
  const type = { 'font-size': mark.size ?? 13, 'font-weight': mark.weight, 'font-family': mark.family, 'text-anchor': mark.anchor };
  const where = mark.turn ? { transform: `translate(${x},${y}) rotate(${mark.turn})` } : { x, y };
  return `<text${attributes({ ...where, ...type, ...style })} xml:space="preserve">${escape(mark.text ?? '')}</text>`;
}

/** @param {Record<string, string | number | undefined>} values */
function attributes(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escape(typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value))}"`)
    .join('');
}

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);
}

/**
 * @param {string} shown
 * @param {number} x
 * @param {number} y
 * @param {Partial<Mark>} style
 * @returns {Mark}
 */
export function text(shown, x, y, style) {
  return { kind: 'text', text: shown, x, y, ...style };
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} w
 * @param {number} h
 * @param {Partial<Mark>} style
 * @returns {Mark}
 */
export function rect(x, y, w, h, style) {
  return { kind: 'rect', x, y, w, h, ...style };
}
