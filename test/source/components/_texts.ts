import fc from 'fast-check';

const oddPieces = [
	'\u001B[31m',
	'\u001B]0;title\u0007',
	'\u001B[2J',
	'\u009B1A',
	'\r\n',
	'\t',
	'\b',
	'\u202E',
	'\u2066',
	'\u2028',
	'\u200B',
	'\u200D',
	'\uFEFF',
	'\uFE0F',
	'\uD83D',
	'\u{E0041}',
	'e\u0301',
	'\u0301',
	'a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308',
	'漢字',
	'한국어',
	'\u1112\u1161\u11AB',
	'\u1160',
	'ﾊﾞ',
	'ไทยนี้',
	'क्षत्रिय',
	'\u0D4E',
	'\u093E',
	'שלום',
	'مرحبا',
	'👩‍👩‍👧',
	'👍🏽',
	'🇨🇭',
	'1️⃣',
	'❤️',
	'䷀',
	'𝍠',
	'\u{10FFFF}',
	'\uE000',
	'\u{1FAFF}',
	'my-vm',
	' ',
];

/** Texts as somebody might write them who means harm, and as the world writes them. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
	fc.string({unit: 'binary', maxLength: 30}),
	fc.string({unit: 'grapheme', maxLength: 30}),
	fc
		.array(fc.oneof(fc.constantFrom(...oddPieces), fc.string({unit: 'binary', maxLength: 2})), {
			maxLength: 12,
		})
		.map(pieces => pieces.join('')),
);
