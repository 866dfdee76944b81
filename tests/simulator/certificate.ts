import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BITS = 0x03;
const BYTES = 0x04;
const OBJECT = 0x06;
const TEXT = 0x0c;
const TIME = 0x18;
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALTERNATIVE_NAMES = [0x55, 0x1d, 0x11];
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** One value of DER: a tag, the length of its content, and the content. */
function der(tag: number, ...content: readonly (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  const size = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

/** A certificate for localhost and 127.0.0.1, signed by itself, and its key; both as PEM. */
export function selfSigned(): { cert: string; key: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const algorithm = der(SEQUENCE, der(OBJECT, ECDSA_WITH_SHA256));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT, COMMON_NAME), der(TEXT, Buffer.from("localhost")))));
  const time = (text: string): Buffer => der(TIME, Buffer.from(text));
  const names = der(SEQUENCE, der(DNS_NAME, Buffer.from("localhost")), der(IP_ADDRESS, [127, 0, 0, 1]));
  const extensions = der(SEQUENCE, der(SEQUENCE, der(OBJECT, ALTERNATIVE_NAMES), der(BYTES, names)));
  const content = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, [2])),
    der(INTEGER, [1]),
    algorithm,
    name,
    der(SEQUENCE, time("20200101000000Z"), time("21200101000000Z")),
    name,
    publicKey,
    der(0xa3, extensions),
  );
  const signature = der(BITS, [0], sign("sha256", content, privateKey));
  const whole = der(SEQUENCE, content, algorithm, signature).toString("base64");
  const cert = `-----BEGIN CERTIFICATE-----\n${whole.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}
