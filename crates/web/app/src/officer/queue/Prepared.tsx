import { Center, Loader } from "@mantine/core";
import { IconVideoOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useCameraById } from "../../components/pick";
import { Failed, NothingHere } from "../../components/states";
import { clips, views } from "./clips";
import { ItemClip } from "./ItemClip";
import type { Item } from "./order";
import classes from "./queue.module.css";
import { detailOptions } from "./useQueue";

interface Props {
  item: Item;
  active: boolean;
  part: number;
  view: number;
  playing: boolean;
}

/** An item's pictures: shown where it is the one looked at, made ready in the background where it is soon to be. */
export function Prepared({ item, active, part, view, playing }: Props) {
  const { t } = useTranslation("officer");
  const detail = useQuery(detailOptions(item.id));
  const cameras = useCameraById();
  const all = useMemo(() => clips(detail.data?.fired ?? []), [detail.data?.fired]);
  const clip = all[part] ?? all[0];
  const around = useMemo(() => views(clip, cameras), [clip, cameras]);
  const shown = around[view] ?? around[0];
  if (clip && shown)
    return (
      <ItemClip
        key={`${part} ${shown.camera}`}
        item={item}
        clip={clip}
        view={shown}
        active={active}
        playing={playing}
      />
    );
  if (!active) return null;
  if (detail.isError) return <Failed error={detail.error} retry={() => void detail.refetch()} />;
  return (
    <Center className={classes.blank}>
      {detail.isPending || (clip && cameras.size === 0) ? (
        <Loader />
      ) : (
        <NothingHere
          icon={<IconVideoOff size={40} stroke={1.2} aria-hidden />}
          title={t("item.noClip")}
          hint={t("item.noClipHint")}
        />
      )}
    </Center>
  );
}
