/**
 * Keys and tokens that are known by how they begin. The formats are those that their issuers document and that secret scanners
 * agree on (GitHub secret scanning's supported patterns, gitleaks' default rules). JWT: RFC 7519; PEM: RFC 7468; bearer: RFC 6750.
 */
const STARTS: readonly string[] = [
  // Amazon: key ids, in capitals and base32.
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}',
  'gh[pousr]_[A-Za-z0-9]{30,255}',
  'github_pat_[A-Za-z0-9_]{22,255}',
  'glpat-[\\w-]{20,100}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,250}',
  'xapp-\\d-[A-Za-z0-9-]{20,250}',
  'AIza[\\w-]{35}',
  'ya29\\.[\\w-]{20,250}',
  'GOCSPX-[\\w-]{20,40}',
  '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,250}',
  'whsec_[A-Za-z0-9+/=]{20,100}',
  'sk-(?=[\\w-]{0,200}\\d)(?:proj-|svcacct-|or-v1-|ant-[a-z0-9]{1,10}-)?[\\w-]{20,250}',
  'hf_[A-Za-z]{30,40}',
  'npm_[A-Za-z0-9]{36}',
  'pypi-AgEI[\\w-]{40,250}',
  'SG\\.[\\w-]{16,32}\\.[\\w-]{16,64}',
  'do[opr]_v1_[a-f0-9]{64}',
  '\\d{8,10}:AA[\\w-]{32,35}',
  'key-[a-f0-9]{32}',
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}',
  'sq0(?:atp|csp)-[\\w-]{22,60}',
  'dapi[a-f0-9]{32}',
  'ATATT3[\\w=-]{20,250}',
  'lin_api_[A-Za-z0-9]{32,64}',
  'hvs\\.[\\w-]{20,200}',
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  'NRAK-[A-Z0-9]{27}',
  'EAA[A-Za-z0-9]{40,250}',
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
  'dckr_pat_[\\w-]{20,60}',
  'sbp_[a-f0-9]{40}',
  'eyJ[\\w-]{8,2000}\\.[\\w-]{8,4000}(?:\\.[\\w-]{0,2000})?',
];

/** Case matters: this is what tells such a key from a word. */
export const KEY_FORMATS = new RegExp(`(?<![A-Za-z0-9_-])(?:${STARTS.join('|')})(?![A-Za-z0-9])`, 'g');

/** A key in PEM, cut off or not; titles have spaces where it has lines. */
export const PEM_KEY =
  /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){0,5000}(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?/g;

/** `Authorization: Bearer …`, in small letters like the next. */
export const AUTH_HEADER =
  /(?<![A-Za-z0-9])(?:bearer|basic|token)[ :]{1,3}(?<piece>[\w.~+/-]{16,4000}={0,2})/g;

/** `scheme://user:password@host`: the password. */
export const USER_INFO =
  /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@?#\uFFFC]{0,80}:(?<piece>[^\s/@?#\uFFFC]{1,100})(?=@)/g;
