export declare function steadyPort(): Promise<number>;
