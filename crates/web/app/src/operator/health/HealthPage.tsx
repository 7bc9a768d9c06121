import { Grid, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { CameraHealth } from "./CameraHealth";
import { ServerParts } from "./ServerParts";
import { StorageForecast } from "./StorageForecast";

/** How cameras, disk and server fare. */
export function HealthPage() {
  const { t } = useTranslation("operator");
  return (
    <Page title={t("health.title")} hint={t("health.hint")} needs="view">
      <Stack gap="lg">
        <Grid>
          <Grid.Col span={{ base: 12, md: 8 }}>
            <StorageForecast />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <ServerParts />
          </Grid.Col>
        </Grid>
        <CameraHealth />
      </Stack>
    </Page>
  );
}
