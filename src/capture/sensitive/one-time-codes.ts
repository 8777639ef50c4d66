/** Codes that are good for one sign-in: only where the text says what they are, because any short number may be one. */
import { ALNUM, anyWord, type Recogniser, takeAll } from './scan.ts';

const CODE_WORDS = `
  verification code|verify code|security code|one time code|one time password|one time passcode|otp|otp code|2fa code|mfa code|two factor code|
  login code|log in code|sign in code|signin code|sign-in code|confirmation code|authentication code|auth code|access code|sms code|passcode|authenticator code|activation code|
  your code|recovery code|backup code|
  bestätigungscode|sicherheitscode|verifizierungscode|einmalcode|einmalpasswort|anmeldecode|zugangscode|tan|sms tan|mtan|aktivierungscode|dein code|ihr code|
  code de vérification|code de sécurité|code de confirmation|code à usage unique|code d'accès|code d'activation|votre code|ton code|code sms|
  código de verificación|codigo de verificacion|código de seguridad|código de confirmación|código de acceso|clave de un solo uso|tu código|su código|
  codice di verifica|codice di sicurezza|codice di conferma|codice di accesso|codice otp|codice usa e getta|il tuo codice|
  código de verificação|código de segurança|código de confirmação|código de acesso|seu código|o teu código|
  verificatiecode|beveiligingscode|inlogcode|bevestigingscode|toegangscode|eenmalige code|je code|uw code|
  kod weryfikacyjny|kod bezpieczeństwa|kod potwierdzający|kod jednorazowy|kod sms|twój kod|kod dostępu|
  verifieringskod|säkerhetskod|engangskode|bekreftelseskode|vahvistuskoodi|ověřovací kód|код подтверждения`;
const CODE = '(?:[a-z]-)?(?:\\d{3}[ -]\\d{3}|\\d{4}[ -]\\d{4}|\\d{4,8})';

/** `Your verification code is 123456`; up to three words between them (`for Some Shop is`). */
const AFTER = new RegExp(
  `${anyWord(CODE_WORDS)}(?:[ :=]{1,3}(?!\\d)[^\\s\\d\uFFFC]{1,20}){0,4}[\\s:=#>-]{1,4}(?<piece>${CODE})(?![${ALNUM}%]|[.,/-]\\d)`,
  'g',
);
/** `123456 is your verification code`. */
const BEFORE = new RegExp(
  `(?<![${ALNUM}.,/$€£-])${CODE}(?=[ :-]{1,3}(?:(?:is|ist|est|es|è|é|to|jest|som|är)\\s{1,2})?(?:[^\\s\\d\uFFFC]{1,20} ){0,3}?${anyWord(CODE_WORDS)})`,
  'g',
);

/** A part of every one of the words: most texts with numbers have none, and the patterns need not be made. */
const MAY_BE = /c[oó]d|k[oó]{1,2}d|otp|tan|pass|clave|код/;
const isCode = (piece: string): boolean => !/^(?:19|20)\d\d$/.test(piece);

export const oneTimeCodes: Recogniser = (scan) => {
  if (scan.digits < 4 || !MAY_BE.test(scan.lower)) return;
  takeAll(scan, 'one-time-code', AFTER, isCode);
  takeAll(scan, 'one-time-code', BEFORE, isCode);
};
