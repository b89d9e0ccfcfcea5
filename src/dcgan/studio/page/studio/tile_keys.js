// Arrow keys go from tile to tile of a sheet, whatever the width of the window.

export function arrowKeys(sheet) {
  sheet.addEventListener("keydown", (event) => {
    const tiles = [...sheet.querySelectorAll(".tile")];
    const here = tiles.indexOf(document.activeElement);
    const found = tiles.findIndex((one) => one.offsetTop > tiles[0].offsetTop);
    const columns = found < 0 ? tiles.length : found;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!step || here < 0) return;
    event.preventDefault();
    tiles[here + step]?.focus();
  });
}
