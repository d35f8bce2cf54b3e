import {stripVTControlCharacters} from 'node:util';

/** The text alone, wherever the test runs. */
export const withoutStyles = (text: string): string => stripVTControlCharacters(text);
