import { Button, Kbd, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useCameraById } from "../../components/pick";
import { useKeys } from "../../components/useKeys";
import type { View } from "./clips";
import classes from "./queue.module.css";

interface Props {
  around: View[];
  view: number;
  onView: (view: number) => void;
}

/** The cameras that show the same moment, a key each. */
export function CameraStrip({ around, view, onView }: Props) {
  const { t } = useTranslation("officer");
  const cameras = useCameraById();
  useKeys(Object.fromEntries(around.map((_, at) => [String(at), () => onView(at)])));
  if (around.length < 2) return null;
  return (
    <fieldset className={classes.strip} aria-label={t("item.cameras")}>
      {around.map((one, at) => (
        <Button
          key={one.camera}
          size="compact-sm"
          variant={at === view ? "filled" : "default"}
          aria-pressed={at === view}
          title={cameras.get(one.camera)?.name}
          aria-keyshortcuts={String(at)}
          leftSection={
            <Kbd size="xs" aria-hidden>
              {at}
            </Kbd>
          }
          onClick={() => onView(at)}
        >
          <Text span size="sm" fw={500} truncate>
            {cameras.get(one.camera)?.name}
          </Text>
          {one.metres !== undefined && (
            <Text span size="xs" ml={6} style={{ flexShrink: 0 }}>
              {t("item.metres", { metres: Math.round(one.metres) })}
            </Text>
          )}
        </Button>
      ))}
    </fieldset>
  );
}
