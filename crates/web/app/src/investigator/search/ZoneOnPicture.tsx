import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AreaBox } from "../../components/AreaBox";
import { Picture } from "../../components/Picture";
import type { Rectangle } from "./filter";
import classes from "./search.module.css";

interface Props {
  camera: string;
  zone?: Rectangle;
  onChange: (zone: Rectangle | undefined) => void;
}

/** A part of one camera's picture through which what is searched for went. */
export function ZoneOnPicture({ camera, zone, onChange }: Props) {
  const { t } = useTranslation(["investigator", "common"]);
  const [x, y, width, height] = zone ?? [];
  const given =
    x !== undefined && y !== undefined && width !== undefined && height !== undefined
      ? { x, y, width, height }
      : undefined;
  const [area, setArea] = useState(given);
  return (
    <div>
      <Text size="xs" fw={600} mb={4}>
        {t("search.zone")}
      </Text>
      <div className={classes.picture} style={{ aspectRatio: "16 / 9" }}>
        <Picture src={`/api/v1/cameras/${camera}/snapshot?width=640`} alt="" />
        <AreaBox label={t("search.zoneKeys")} value={area} onChange={setArea} />
      </div>
      <Group gap="xs" mt={6}>
        <Button
          size="compact-xs"
          disabled={!area}
          onClick={() => area && onChange([area.x, area.y, area.width, area.height])}
        >
          {t("search.zoneUse")}
        </Button>
        {zone && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              setArea(undefined);
              onChange(undefined);
            }}
          >
            {t("common:do.remove")}
          </Button>
        )}
      </Group>
    </div>
  );
}
