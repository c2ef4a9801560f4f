export function isCrashOfTool(report: string): boolean;
