/** Bytes as programmers read them: place, eight bytes in hexadecimal, and the same as text where they are ASCII. */
const IN_LINE = 8;

export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += IN_LINE) {
    const some = [...bytes.subarray(at, at + IN_LINE)];
    const hex = some.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = some.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(5, '0')}  ${hex.padEnd(3 * IN_LINE - 1)}  ${text}`);
  }
  return lines.join('\n');
}
