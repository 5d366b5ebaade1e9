/** A piece of a call brief. Its text is plain: no links, no mentions, whatever it looks like; lines are kept. */
export interface BriefBlock {
  kind: 'heading' | 'subheading' | 'paragraph' | 'bullet' | 'numbered' | 'to_do' | 'quote' | 'divider';
  /** Empty for a divider. */
  text: string;
  /** One level below, of a bullet, a numbered item, a to-do or a quote. */
  children?: readonly BriefBlock[];
}
