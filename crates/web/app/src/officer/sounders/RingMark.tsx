import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { Ago } from "../Ago";

/** The tint of what became of a ringing: as much as it is known to have rung. */
const TINT = { asked: "dimmed", answered: "green", unconfirmed: "dimmed", failed: "red" } as const;

/** What became of a ringing. */
export function RingMark({ ring }: { ring: Schemas["Ring"] | undefined }) {
  const { t } = useTranslation("officer");
  return (
    <Text size="xs" c={ring ? TINT[ring.state] : "dimmed"} role="status">
      {ring ? (
        <>
          {t(`ring.${ring.state}`)} · <Ago when={ring.asked_at} />
          {ring.username && ` · ${ring.username}`}
        </>
      ) : (
        t("ring.never")
      )}
    </Text>
  );
}
