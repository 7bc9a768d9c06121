import { SegmentedControl, Select, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { ShapeEditor } from "../../components/ShapeEditor";
import type { PicturePoint } from "../../components/shapes";
import { LivePicture } from "../LivePicture";
import { type Draft, shapesOf } from "./draft";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  cameras: Schemas["Camera"][];
  first?: string;
}

/** The picture of a camera, on which what the condition is about is drawn. */
export function ConditionCanvas({ draft, onChange, cameras, first }: Props) {
  const { t } = useTranslation("operator");
  const [chosen, setChosen] = useState(first);
  const [wanted, setWanted] = useState<"zone" | "arrow">("arrow");
  const camera = cameras.find((one) => one.id === chosen) ?? cameras[0];
  const shapes = shapesOf(draft);
  const shape = shapes.find((one) => one.field === wanted) ?? shapes[0];
  const picture = camera ? (
    <LivePicture camera={camera.id} label={t("cameras.pictureOf", { name: camera.name })} everyMs={5000} />
  ) : (
    <div style={{ aspectRatio: "16 / 9", background: "var(--video-ground)" }} />
  );
  return (
    <Stack gap="xs">
      <Select
        label={t("rule.drawOn")}
        data={cameras.map((one) => ({ value: one.id, label: one.name }))}
        value={camera?.id ?? null}
        onChange={(next) => setChosen(next ?? undefined)}
        allowDeselect={false}
        searchable
      />
      {shapes.length > 1 && (
        <SegmentedControl
          w="fit-content"
          aria-label={t("rule.drawing")}
          value={shape?.field ?? "arrow"}
          onChange={(next) => setWanted(next as "zone" | "arrow")}
          data={[
            { value: "arrow", label: t("rule.shapeArrow") },
            { value: "zone", label: t("rule.shapeZone") },
          ]}
        />
      )}
      {shape ? (
        <ShapeEditor
          key={shape.field}
          kind={shape.kind}
          points={draft[shape.field]}
          direction={draft.direction}
          label={t(`shape.hint.${shape.kind}`)}
          onChange={(points: PicturePoint[]) => onChange({ ...draft, [shape.field]: points })}
          backdrop={shapes
            .filter((one) => one.field !== shape.field)
            .map((one) => ({ id: one.field, kind: one.kind, points: draft[one.field], name: "" }))}
        >
          {picture}
        </ShapeEditor>
      ) : (
        picture
      )}
    </Stack>
  );
}
