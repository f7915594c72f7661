/** Canvas tools that every bitmap shares: sharp on any screen, and the hatch that means "forbidden" or "never computed". */

/** @typedef {import('./theme.js').Palette} Palette */

/**
 * Size a canvas in CSS pixels and return its pen. The bitmap is emptied.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function penOf(canvas, width, height) {
  const ratio = Math.max(1, devicePixelRatio);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.scale(ratio, ratio);
  return pen;
}

/**
 * Hatch a rectangle: 45 degrees, one pixel.
 * @param {CanvasRenderingContext2D} pen
 * @param {Palette} palette
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {number} [pitch]
 */
export function hatch(pen, palette, x, y, width, height, pitch = 5) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.fillStyle = palette.sunk;
  pen.fillRect(x, y, width, height);
  pen.strokeStyle = palette.line2;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let start = -height; start < width + height; start += pitch) {
    pen.moveTo(x + start, y + height);
    pen.lineTo(x + start + height, y);
  }
  pen.stroke();
  pen.restore();
}

/**
 * Draw a whole map very small, one device pixel at a time: a pixel shows the largest weight that falls into it.
 * @param {HTMLCanvasElement} canvas
 * @param {number} size in CSS pixels
 * @param {{rows: number[], cols: number[], at: (row: number, col: number) => number, masked: (row: number, col: number) => boolean}} map
 * @param {(weight: number) => number[]} rgb
 * @param {readonly number[]} ground the colour of what is masked
 */
export function thumbnail(canvas, size, map, rgb, ground) {
  const pixels = Math.round(size * Math.max(1, devicePixelRatio));
  canvas.width = canvas.height = pixels;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = pen.createImageData(pixels, pixels);
  const across = spans(pixels, map.cols.length);
  const down = spans(pixels, map.rows.length);
  down.forEach(([top, bottom], y) =>
    across.forEach(([left, right], x) => {
      let largest = -1;
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) {
          if (!map.masked(map.rows[i], map.cols[j])) largest = Math.max(largest, map.at(map.rows[i], map.cols[j]));
        }
      }
      const [r, g, b] = largest < 0 ? ground : rgb(largest);
      image.data.set([r, g, b, 255], 4 * (y * pixels + x));
    }),
  );
  pen.putImageData(image, 0, 0);
}

/**
 * Which cells each pixel covers: one when cells are larger than pixels, several when they are smaller.
 * @param {number} pixels
 * @param {number} cells
 * @returns {[number, number][]}
 */
export function spans(pixels, cells) {
  return Array.from({ length: pixels }, (_, at) => {
    const first = Math.floor((at * cells) / pixels);
    return [first, Math.max(first + 1, Math.floor(((at + 1) * cells) / pixels))];
  });
}
