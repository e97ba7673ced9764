// DES (FIPS 46-3), for VNC authentication alone (RFC 6143, section 7.2.2): browsers have no DES.
// Bits are kept one to an array element: two blocks are encrypted per console, and the tables can be read beside
// the standard, which numbers bits from 1 and from the left.

const INITIAL = [
  58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
  57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3, 61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
];
const FINAL = [
  40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31, 38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
  36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27, 34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
];
const EXPANSION = [
  32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 12, 13, 14, 15, 16, 17,
  16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
];
const MIXING = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];
const KEY_CHOICE_1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const KEY_CHOICE_2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
  41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const ROTATIONS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
// Each box as its four rows of sixteen, in hexadecimal.
const BOXES = [
  ["e4d12fb83a6c5907", "0f74e2d1a6cb9538", "41e8d62bfc973a50", "fc8249175b3ea06d"],
  ["f18e6b34972dc05a", "3d47f28ec01a69b5", "0e7ba4d158c6932f", "d8a13f42b67c05e9"],
  ["a09e63f51dc7b428", "d709346a285ecbf1", "d6498f30b12c5ae7", "1ad069874fe3b52c"],
  ["7de3069a1285bc4f", "d8b56f03472c1ae9", "a690cb7df13e5284", "3f06a1d8945bc72e"],
  ["2c417ab6853fd0e9", "eb2c47d150fa3986", "421bad78f9c5630e", "b8c71e2d6f09a453"],
  ["c1af92680d34e75b", "af427c9561de0b38", "9ef528c3704a1db6", "432c95fabe17608d"],
  ["4b2ef08d3c975a61", "d0b7491ae35c2f86", "14bdc37eaf680592", "6bd814a7950fe23c"],
  ["d2846fb1a93e50c7", "1fd8a374c56b0e92", "7b419ce206adf358", "21e74a8dfc90356b"],
];

/** The challenge of 16 bytes, encrypted with the password: the proof of knowing it. */
export function vncResponse(challenge, password) {
  // VNC takes the bits of each key byte from the lowest up (RFC 6143, erratum 4951).
  const key = new Uint8Array(8);
  key.set(new TextEncoder().encode(password).subarray(0, 8));
  const roundKeys = roundKeysOf(key.map(mirrored));
  const response = new Uint8Array(challenge.length);
  for (let at = 0; at < challenge.length; at += 8) {
    response.set(encryptBlock(challenge.subarray(at, at + 8), roundKeys), at);
  }
  return response;
}

/** One block of eight bytes, encrypted with a key of eight. */
export function encrypt(block, key) {
  return encryptBlock(block, roundKeysOf(key));
}

function encryptBlock(block, roundKeys) {
  const bits = choose(toBits(block), INITIAL);
  let left = bits.slice(0, 32);
  let right = bits.slice(32);
  for (const roundKey of roundKeys) {
    [left, right] = [right, exclusiveOr(left, scramble(right, roundKey))];
  }
  return toBytes(choose([...right, ...left], FINAL));
}

function scramble(half, roundKey) {
  const mixed = exclusiveOr(choose(half, EXPANSION), roundKey);
  const substituted = BOXES.flatMap((box, number) => {
    const [a, b, c, d, e, f] = mixed.slice(6 * number, 6 * number + 6);
    const value = parseInt(box[2 * a + f][8 * b + 4 * c + 2 * d + e], 16);
    return [value >> 3 & 1, value >> 2 & 1, value >> 1 & 1, value & 1];
  });
  return choose(substituted, MIXING);
}

function roundKeysOf(key) {
  const chosen = choose(toBits(key), KEY_CHOICE_1);
  let left = chosen.slice(0, 28);
  let right = chosen.slice(28);
  return ROTATIONS.map((by) => {
    left = [...left.slice(by), ...left.slice(0, by)];
    right = [...right.slice(by), ...right.slice(0, by)];
    return choose([...left, ...right], KEY_CHOICE_2);
  });
}

function choose(bits, places) {
  return places.map((place) => bits[place - 1]);
}

function exclusiveOr(some, others) {
  return some.map((bit, at) => bit ^ others[at]);
}

function mirrored(byte) {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    result |= (byte >> bit & 1) << (7 - bit);
  }
  return result;
}

function toBits(bytes) {
  return Array.from(bytes, (byte) => Array.from({ length: 8 }, (_, at) => byte >> (7 - at) & 1)).flat();
}

function toBytes(bits) {
  const bytes = new Uint8Array(bits.length / 8);
  bits.forEach((bit, at) => { bytes[at >> 3] |= bit << (7 - (at & 7)); });
  return bytes;
}
