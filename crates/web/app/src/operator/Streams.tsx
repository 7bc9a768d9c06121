import { List, Paper, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { said } from "../i18n";
import { number, useStreamFigures } from "./figures";
import { Thumb } from "./Thumb";

/** The streams of a camera as they were found: what they show and how they come. */
export function Streams({ streams }: { streams: Schemas["StreamReport"][] }) {
  const { t } = useTranslation("operator");
  const figures = useStreamFigures();
  return (
    <SimpleGrid cols={{ base: 1, sm: Math.min(2, streams.length) }}>
      {streams.map((one) => {
        const name = t(`add.whichStream.${one.stream}`);
        const rows: [string, string][] = [
          [t("cameras.size"), `${one.width} × ${one.height}`],
          [t("add.codec"), one.codec.toUpperCase()],
          [t("cameras.frameRate"), figures.fps(one.frame_rate)],
          [t("cameras.bitRate"), figures.bitRate(one.bit_rate)],
        ];
        if (one.key_frame_distance)
          rows.push([t("add.keyFrames"), t("add.every", { value: number(one.key_frame_distance, 1) })]);
        if (one.audio) rows.push([t("add.sound"), one.audio.startsWith("mp4a") ? "AAC" : one.audio]);
        return (
          <Paper key={one.stream} withBorder p="sm">
            <Stack gap="xs">
              <Text fw={600}>{name}</Text>
              {one.picture && <Thumb src={`data:image/jpeg;base64,${one.picture}`} alt={name} width="100%" />}
              {one.no_picture && <Text size="sm">{said(one.no_picture)}</Text>}
              <Table verticalSpacing={2} horizontalSpacing={4} withRowBorders={false}>
                <Table.Tbody>
                  {rows.map(([label, value]) => (
                    <Table.Tr key={label}>
                      <Table.Th fw={400}>{label}</Table.Th>
                      <Table.Td>{value}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {one.advice.length > 0 && (
                <div>
                  <Text size="sm" fw={600}>
                    {t("add.advice")}
                  </Text>
                  <List size="sm">
                    {one.advice.map((words) => (
                      <List.Item key={words.en}>{said(words)}</List.Item>
                    ))}
                  </List>
                </div>
              )}
            </Stack>
          </Paper>
        );
      })}
    </SimpleGrid>
  );
}
