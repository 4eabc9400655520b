// Coordinates as people type them.

/** "111.23, 35.12" or "35.12N 111.23E" → [lon, lat]; longitude first when the order cannot be told; else null. */
export function parseCoordinates(text) {
  const found = [...text.trim().matchAll(/(-?\d{1,3}(?:\.\d+)?)\s*°?\s*([NSEWnsew北南东西])?/g)];
  if (found.length !== 2 || /[a-z\u4e00-\u9fff]{2,}/i.test(text.replace(/[nsew北南东西]/gi, ""))) return null;
  const values = found.map(([, figure, side]) => ({ value: Number(figure) * (/[SWsw南西]/.test(side || "") ? -1 : 1), side: side || "" }));
  if (!/[.,\s，]/.test(text.trim())) return null;
  let [lon, lat] = values.map(({ value }) => value);
  const latFirst = /[NSns北南]/.test(values[0].side) || (!values[0].side && Math.abs(lon) <= 90 && Math.abs(lat) > 90);
  if (latFirst) [lon, lat] = [lat, lon];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? [lon, lat] : null;
}
