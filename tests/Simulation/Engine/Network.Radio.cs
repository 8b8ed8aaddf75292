using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// A shared medium: what a node sends is heard by all nodes at the far ends of its links, unless they are sending
/// themselves, or hear somebody else at the same time. Nobody repeats a lost frame here; that is the adaptation layer's
/// work.
/// </summary>
public sealed partial class Network
{
    private const int MostSlots = 16;
    private const int Retry = 1;
    private readonly Dictionary<int, Radio> _radios = [];

    /// <summary>Set where the links are radio; null for streams.</summary>
    public RadioModel? RadioModel { get; init; }

    internal bool QueueRadio(Channel channel, FrameClass frameClass, ReadOnlySpan<byte> frame, bool everyone)
    {
        Radio radio = RadioOf(Sender(channel).Index);
        if (radio.QueuedBytes + frame.Length > QueueLimit)
        {
            channel.Refused = true;
            return false;
        }

        radio.QueuedBytes += frame.Length;
        radio.Add(frameClass, Frames.Add(frame), everyone ? Radio.Everyone : channel.Index);
        return true;
    }

    private Radio RadioOf(int node) => _radios.TryGetValue(node, out Radio? radio) ? radio
        : _radios[node] = new Radio();

    private IEnumerable<(Channel Channel, Node Node)> Hearers(Node node)
    {
        foreach (Channel channel in node.Channels)
        {
            if (_links[channel.Index / 2].WireUp && Receiver(channel) is { Running: true } other)
                yield return (channel, other);
        }
    }

    private void StartRadio(Node node)
    {
        Radio radio = RadioOf(node.Index);
        if (radio.OnAir is not null || radio.Waiting)
            return;
        Instant busy = Now;
        foreach ((_, Node other) in Hearers(node))
        {
            if (RadioOf(other.Index).Until is var until && until > busy)
                busy = until;
        }

        if (busy > Now)
        {
            radio.Waiting = true;
            Events.Add(busy + RadioModel!.Slot * Random.Next(MostSlots), EventKind.RadioSent, node.Index, Retry);
            return;
        }

        if (!radio.TryTake(out (int Frame, int Channel) next))
            return;
        int bytes = Frames[next.Frame].Length;
        radio.QueuedBytes -= bytes;
        radio.OnAir = next;
        radio.From = Now;
        radio.Until = Now + RadioModel!.AirTime(bytes);
        Channel counted = next.Channel == Radio.Everyone ? node.Channels[0] : _channels[next.Channel];
        TrafficClass kind = TrafficCounter.ClassOf(Frames[next.Frame]);
        CountOne(counted, kind, bytes);
        if (kind == TrafficClass.Payload)
            counted.Envelopes++;
        Events.Add(radio.Until, EventKind.RadioSent, node.Index);
    }

    private void RadioSent(Node node, bool retry)
    {
        Radio radio = RadioOf(node.Index);
        if (retry)
        {
            radio.Waiting = false;
        }
        else if (radio.OnAir is { } sent)
        {
            radio.OnAir = null;
            foreach ((Channel channel, Node hearer) in Hearers(node).ToList())
            {
                if ((sent.Channel == Radio.Everyone || sent.Channel == channel.Index)
                    && Heard(radio, node, channel, hearer))
                    Hand(channel, hearer, sent.Frame);
            }

            Frames.Release(sent.Frame);
            foreach (Channel channel in node.Channels)
            {
                if (channel.Refused && radio.QueuedBytes < QueueLimit / 2)
                {
                    channel.Refused = false;
                    Events.Add(Now, EventKind.Writable, channel.Index, 0,
                        _links[channel.Index / 2].Ends[channel.Index % 2].Connection);
                }
            }
        }

        if (node.Running)
            StartRadio(node);
    }

    private bool Heard(Radio radio, Node sender, Channel channel, Node hearer)
    {
        if (RadioOf(hearer.Index).Until > radio.From)
            return false;
        if (RadioModel!.Collisions)
        {
            foreach ((_, Node other) in Hearers(hearer))
            {
                if (other != sender && RadioOf(other.Index).Until > radio.From)
                    return false;
            }
        }

        return Random.NextDouble() >= _links[channel.Index / 2].LossFrom(channel.Index % 2);
    }

    private void Hand(Channel channel, Node hearer, int frame)
    {
        Link link = _links[channel.Index / 2];
        LinkEndState end = link.Ends[1 - channel.Index % 2];
        if (end.Connection == 0)
            return;
        Trace.Add(Now, Sender(channel).Index, hearer.Index, Frames[frame]);
        Observer?.Arriving(Sender(channel), hearer, Frames[frame]);
        hearer.Program!.Receive(Now, end.Id, Frames[frame]);
        hearer.Settle();
    }
}
