import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['examples/**/*.test.mjs'], pool: 'forks' } });
