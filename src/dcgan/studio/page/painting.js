// What masks are painted with and on, for every page that has a Painter, and what its keys do.

// A page puts it where it is to be before it makes a Painter.
export const PAINTING = `
  <div id="tools" role="group" aria-label="Tools">
    <button id="brush" type="button" aria-keyshortcuts="B">Brush</button>
    <button id="eraser" type="button" aria-keyshortcuts="E">Eraser</button>
    <button id="rectangle" type="button" aria-keyshortcuts="R">Rectangle</button>
    <label>Size <input id="size" type="range" min="0" max="100" value="50" aria-keyshortcuts="[ ]"></label>
    <button id="undo" type="button" aria-keyshortcuts="U Control+Z">Undo</button>
    <button id="redo" type="button" aria-keyshortcuts="Y Control+Y">Redo</button>
    <button id="clear" type="button" aria-keyshortcuts="C">Clear</button>
  </div>
  <div id="frame">
    <div id="stage" class="painted" tabindex="0" role="application" aria-describedby="keys">
      <img id="picture" alt="" draggable="false">
      <canvas id="mask"></canvas>
      <i id="cursor"></i>
    </div>
  </div>
  <p id="place" class="spoken" aria-live="polite"></p>`;

// What the keys do, for the page.
export const PAINTING_KEYS = `
  <dl class="keys">
    <dt><kbd>B</kbd> <kbd>E</kbd> <kbd>R</kbd></dt><dd>brush, eraser, rectangle</dd>
    <dt><kbd>[</kbd> <kbd>]</kbd></dt><dd>smaller or larger brush</dd>
    <dt><kbd>U</kbd> or <kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>undo</dd>
    <dt><kbd>Y</kbd> or <kbd>Ctrl</kbd> <kbd>Y</kbd></dt><dd>redo</dd>
    <dt><kbd>C</kbd></dt><dd>clear the picture</dd>
  </dl>
  <div id="keys">
    <p>Without a mouse: go to the picture with <kbd>Tab</kbd>.</p>
    <dl class="keys">
      <dt>arrows</dt><dd>move the brush; with <kbd>Shift</kbd> faster</dd>
      <dt><kbd>Space</kbd></dt><dd>paint, erase, or set both corners of a rectangle</dd>
      <dt><kbd>Esc</kbd></dt><dd>give the rectangle up, or leave the picture</dd>
    </dl>
  </div>`;
