import react from "@vitejs/plugin-react";
import { compression } from "vite-plugin-compression2";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` talks to. */
const server = process.env.TAIMAT_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), compression({ algorithms: ["brotliCompress", "gzip"], threshold: 1024 })],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    // Fonts and pictures stay files: the policy of the page lets in no data addresses but for pictures.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: {
      "/api": { target: server, changeOrigin: true, ws: true, headers: { origin: server } },
      "/readyz": { target: server, changeOrigin: true },
    },
  },
  test: { environment: "happy-dom", setupFiles: "src/test.setup.ts" },
});
