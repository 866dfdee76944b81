/** An API key and its secret. */
export interface KeyPair {
  readonly keyId: string;
  readonly secret: string;
  readonly oauthToken?: undefined;
}

/** The OAuth token of an account, in place of its keys. */
export interface OAuthToken {
  readonly oauthToken: string;
  readonly keyId?: undefined;
  readonly secret?: undefined;
}

/** What an account is reached with: exactly one of the two. */
export type AlpacaCredentials = KeyPair | OAuthToken;

/** What must be shown nowhere (R30). */
export function secretsIn(credentials: AlpacaCredentials): string[] {
  return credentials.oauthToken === undefined ? [credentials.keyId, credentials.secret] : [credentials.oauthToken];
}

/** For people, as the object of a sentence. */
export function credentialsNoun({ oauthToken }: AlpacaCredentials): string {
  return oauthToken === undefined ? "the keys" : "the OAuth token";
}
