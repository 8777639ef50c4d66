/** A part of the world from the time zone: all that `locationHint` may say (seed §3.3, "aggregate to country/region"). Never from the network. */

/** First parts of names in the IANA time zone database (theory.html, "Names of timezones"). */
const AREAS: Readonly<Record<string, string>> = {
  Africa: 'Africa',
  Antarctica: 'Antarctica',
  Arctic: 'Europe',
  Asia: 'Asia',
  Atlantic: 'Atlantic',
  Australia: 'Oceania',
  Europe: 'Europe',
  Indian: 'Indian Ocean',
  Pacific: 'Oceania',
  // Names of countries that are kept as links.
  Brazil: 'South America',
  Canada: 'North America',
  Chile: 'South America',
  Mexico: 'North America',
  US: 'North America',
};

/** The cities and countries of `America/` that lie south of Panama. */
const SOUTH_AMERICA = new Set(
  (
    'Araguaina Argentina Asuncion Bahia Belem Boa_Vista Bogota Buenos_Aires Campo_Grande Caracas Catamarca Cayenne ' +
    'Cordoba Coyhaique Cuiaba Eirunepe Fortaleza Guayaquil Guyana Jujuy La_Paz Lima Maceio Manaus Mendoza Montevideo ' +
    'Noronha Paramaribo Porto_Acre Porto_Velho Punta_Arenas Recife Rio_Branco Rosario Santarem Santiago Sao_Paulo'
  ).split(' '),
);

/** All that `regionOf` may say. */
export const REGIONS: ReadonlySet<string> = new Set([...Object.values(AREAS), 'South America', 'unknown']);

/** `unknown` for zones that are no place, such as `UTC`. */
export function regionOf(timeZone: string): string {
  const [area = '', place = ''] = timeZone.split('/');
  if (area === 'America') return SOUTH_AMERICA.has(place) ? 'South America' : 'North America';
  return Object.hasOwn(AREAS, area) ? (AREAS[area] as string) : 'unknown';
}
