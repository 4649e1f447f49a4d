/** anomaly-alert: Watches the flow and tells. */
export {};
