/** A heading of a Markdown page, and what follows it until the next one. */
export interface Section {
  /** As GitHub makes it of the heading. */
  anchor: string;
  text: string;
}

const HEADING = /^#{1,6} (.+)\n/gm;

/** The fenced blocks may have lines that look like headings. */
const withoutFences = (page: string) => page.replaceAll(/^```[\s\S]*?^```/gm, (block) => block.replaceAll(/^#/gm, ' '));

const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

export function sectionsOf(page: string): Section[] {
  const headings = [...withoutFences(page).matchAll(HEADING)];
  return headings.map(({ index, 1: heading = '' }, at) => ({
    anchor: anchorOf(heading),
    text: page.slice(index, headings[at + 1]?.index),
  }));
}
