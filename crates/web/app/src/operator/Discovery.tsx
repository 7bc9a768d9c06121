import { Button, Group, Stack, Text } from "@mantine/core";
import { IconRadar } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ProblemAlert } from "../components/states";

/** Cameras that tell of themselves in the network; choosing one takes over its address. */
export function Discovery({ onChoose }: { onChoose: (address: string) => void }) {
  const { t } = useTranslation("operator");
  const look = api.useMutation("post", "/api/v1/cameras/discover");
  return (
    <Stack gap="xs">
      <Button
        variant="default"
        w="fit-content"
        leftSection={<IconRadar size={18} aria-hidden />}
        loading={look.isPending}
        onClick={() => look.mutate({})}
      >
        {t("add.discover")}
      </Button>
      <div role="status">
        {look.isPending && <Text size="sm">{t("add.discovering")}</Text>}
        {look.data?.items.length === 0 && <Text size="sm">{t("add.noneFound")}</Text>}
        {look.error && <ProblemAlert problem={look.error} />}
      </div>
      {look.data && look.data.items.length > 0 && (
        <Stack gap={4} component="ul" aria-label={t("add.discovered")} p={0} m={0}>
          {look.data.items.map((one) => (
            <Group key={one.address} component="li" gap="xs" wrap="nowrap">
              <Button
                size="compact-sm"
                variant="light"
                disabled={Boolean(one.camera_id)}
                onClick={() => onChoose(one.address)}
              >
                {one.address}
              </Button>
              <Text size="sm">
                {[one.brand, one.hardware, one.name, one.camera_id && t("add.known")]
                  .filter(Boolean)
                  .join(" · ")}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Stack>
  );
}
