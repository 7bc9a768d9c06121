import "@mantine/core/styles.css";
import "@mantine/dates/styles.css";
import "@mantine/notifications/styles.css";
import "dayjs/locale/vi";
import "./styles/global.css";
import { createTheme, MantineProvider } from "@mantine/core";
import { DatesProvider } from "@mantine/dates";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useTranslation } from "react-i18next";
import { queryClient } from "./api/client";
import { startLanguage } from "./i18n";
import { router } from "./router";

const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: 9,
  defaultRadius: "md",
  fontFamily: "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  cursorType: "pointer",
  autoContrast: true,
  respectReducedMotion: true,
});

const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content;
// The component library locks scrolling behind dialogues with a style of its own.
if (nonce) setNonce(nonce);

function App() {
  const { i18n } = useTranslation();
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce ?? ""}>
      <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
        <QueryClientProvider client={queryClient}>
          {/* Over the middle of the header, where nothing is to be clicked. */}
          <Notifications position="top-center" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </DatesProvider>
    </MantineProvider>
  );
}

const root = document.getElementById("root");
if (root) {
  await startLanguage();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  // Only for pushed warnings: nothing is kept offline, for an old picture must not pass for a new one.
  void navigator.serviceWorker.register("/sw.js");
}
