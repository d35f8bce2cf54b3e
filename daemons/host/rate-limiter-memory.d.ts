/** The package's types are for all of it, which is seven megabytes a process; this is the one part in use. */
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
	import {RateLimiterMemory} from 'rate-limiter-flexible';
	export default RateLimiterMemory;
}
