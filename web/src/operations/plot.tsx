import { useEffect, useId, useRef } from 'react';
import uPlot from 'uplot';
import { time } from '../format';
import { strings } from '../strings';
import 'uplot/dist/uPlot.min.css';

export interface Series {
  name: string;
  /** The name of a custom CSS property. */
  colour: string;
  values: (number | null)[];
  /** The value over the whole time shown. */
  overall: number | null;
}

interface Props {
  title: string;
  note: string;
  times: number[];
  series: Series[];
  format: (value: number) => string;
}

const HEIGHT = 150;

/** Lines over time; the page has the same data as text for screen readers. */
export function Plot({ title, note, times, series, format }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const titleId = useId();
  const isEmpty = series.every(({ values }) => values.every((value) => !value));
  const names = series.map(({ name }) => name).join();

  useEffect(() => {
    const element = place.current;
    if (!element || series.length === 0) return;
    const drawn = new uPlot(
      optionsOf(element, series, format),
      [times, ...series.map(({ values }) => values)],
      element,
    );
    plot.current = drawn;
    const resizing = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    resizing.observe(element);
    // The plot reads its colours only when it is drawn.
    const redraw = () => drawn.redraw();
    const theming = new MutationObserver(redraw);
    theming.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      theming.disconnect();
      resizing.disconnect();
      drawn.destroy();
    };
    // Drawn once per set of series; a later effect sets the data.
  }, [names]);

  useEffect(() => plot.current?.setData([times, ...series.map(({ values }) => values)]), [times, series]);

  return (
    <figure className="card plot" aria-labelledby={titleId}>
      <figcaption>
        <h2 id={titleId}>{title}</h2>
        <span className="quiet">{isEmpty ? strings.operations.plotEmpty : note}</span>
      </figcaption>
      <div ref={place} className="plot-place" aria-hidden="true" />
      <ul className="legend">
        {series.map(({ name, colour, overall }) => (
          <li key={name}>
            <span className={`key key${colour}`} aria-hidden="true" />
            {name} <strong>{overall === null ? strings.hood.notYet : format(overall)}</strong>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function optionsOf(element: HTMLElement, series: Series[], format: (value: number) => string): uPlot.Options {
  const style = (selector: string) => getComputedStyle(element.parentElement?.querySelector(selector) ?? element);
  const axis: uPlot.Axis = {
    stroke: () => style('.plot-place').color,
    grid: { stroke: () => style('.plot-place').borderColor, width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(max, 0.1) * 1.1] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 80,
        values: (_, splits) => splits.map((seconds) => time(seconds * 1000)),
      },
      { ...axis, size: 56, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map(({ name, colour: property }) => ({
        label: name,
        stroke: () => style(`.key${property}`).backgroundColor,
        width: 2,
        spanGaps: true,
      })),
    ],
  };
}
