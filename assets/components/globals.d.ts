/** What browser tests read: how often and how fast was drawn, fetched and pointed. */
interface LabCounters {
  drawn: number;
  ms: number;
  fetches: number;
  bytes: number;
  points: number;
  pointMs: number;
  pointMsMax: number;
  /** When the first picture stood, in milliseconds since the page was asked for. */
  firstAt: number;
}

interface Window {
  __labGuarded?: boolean;
  __lab?: LabCounters;
}
