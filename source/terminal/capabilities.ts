type Environment = NodeJS.ProcessEnv;

/** A terminal that can only print, such as one inside an editor. No full screen there. */
export const isDumb = (environment: Environment): boolean =>
	environment['TERM'] === undefined || environment['TERM'] === '' || environment['TERM'] === 'dumb';

/** Somebody listens to the screen: no drawing, no full screen, lines one after the other. */
export const hasScreenReader = (environment: Environment): boolean =>
	environment['INK_SCREEN_READER'] === 'true';
