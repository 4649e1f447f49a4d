/** service: What every service shares: settings, logs, metrics, health, start and stop. */
export {};
