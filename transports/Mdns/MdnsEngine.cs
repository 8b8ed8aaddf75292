using System.Net;
using System.Net.Sockets;
using System.Text;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>Sends a message to everybody on a link.</summary>
internal interface IMdnsSender
{
    void Send(MdnsLink link, ReadOnlySpan<byte> message);
}

/// <summary>
/// Discovery without I/O (docs/reference/discovery.md): what was received, links, time go in; messages and dials come
/// out.
/// <code>
///   message -- question: Responder, Querier (another asked)       time -- Responder, Querier: messages
///           \- answer:   FoundTable                                    \- DialPlan: dials
/// </code>
/// </summary>
internal sealed class MdnsEngine
{
    /// <summary>
    /// The port of multicast DNS. Who asks from another one wants an answer to himself, and gets none.
    /// </summary>
    internal const int Port = 5353;

    /// <summary>Instances that are asked about in one message. Arbitrary.</summary>
    private const int MaxAskedAbout = 8;

    /// <summary>How often an instance is asked for what is missing. Arbitrary.</summary>
    private const int MaxAsked = 3;

    // RFC 3927: addresses that need no subnet.
    private static readonly LinkAddress _autoconfigured = new(IPAddress.Parse("169.254.0.0"), 16);

    private readonly Dictionary<int, LinkState> _links = [];
    private readonly OwnInstance _own;
    private readonly FoundTable _table;
    private readonly DialPlan _plan;
    private readonly Random _random;
    private readonly byte[] _buffer = new byte[MdnsWriter.MaxMessage];

    internal MdnsEngine(OwnInstance own, NetworkTag? tag, IFoundDialler dialler, Random random)
    {
        _own = own;
        _random = random;
        _table = new FoundTable { Forgotten = n => _plan!.Forget(n) };
        _plan = new DialPlan(_table, dialler, tag, random);
    }

    /// <summary>All that was found.</summary>
    internal IReadOnlyCollection<FoundNode> Found => _table.Nodes;

    /// <summary>The links.</summary>
    internal IEnumerable<MdnsLink> Links => _links.Values.Select(l => l.Link);

    /// <summary>What happened, by kind.</summary>
    internal MdnsCounters Counters { get; } = new();

    /// <summary>Instances that had no room.</summary>
    internal long Displaced => _table.Displaced;

    /// <summary>When something is to be done; null for not before something happens.</summary>
    internal TimeSpan? Due
    {
        get
        {
            TimeSpan? due = _plan.Due;
            foreach (LinkState link in _links.Values)
            {
                due = Earlier(due, link.Responder?.Due);
                due = Earlier(due, link.Querier?.Due);
            }

            return due;
        }
    }

    /// <summary>Why a found node is not dialled; null if it is.</summary>
    internal string? WhyNot(FoundNode node) => _plan.WhyNot(node);

    /// <summary>Takes the links as they are now; what is new on one is announced and looked for.</summary>
    internal void SetLinks(IReadOnlyList<MdnsLink> links, IMdnsSender sender, TimeSpan now)
    {
        foreach (LinkState old in _links.Values.ToArray())
        {
            MdnsLink? fresh = links.FirstOrDefault(l => l.Index == old.Link.Index);
            if (fresh is not null && fresh.IsSame(old.Link))
                continue;
            // What others remember of this place is wrong now; other addresses alone are announced over the old ones.
            if (fresh is null || (fresh.TcpPort, fresh.QuicPort) != (old.Link.TcpPort, old.Link.QuicPort))
                SayGoodbye(old, sender);
            _links.Remove(old.Link.Index);
        }

        foreach (MdnsLink link in links.Where(l => !_links.ContainsKey(l.Index)))
        {
            var state = new LinkState(
                link, link.Announces ? new Responder(_random) : null, link.Browses ? new Querier(_random, now) : null);
            state.Responder?.Announce(now);
            _links.Add(link.Index, state);
        }

        _table.Expire(now, _links.ContainsKey);
        _plan.Hurry(now);
    }

    /// <summary>Begins anew on a link where something could not be sent.</summary>
    internal void Again(int index, TimeSpan now)
    {
        if (!_links.TryGetValue(index, out LinkState? state))
            return;
        state.Responder?.Announce(now);
        _links[index] = state with { Querier = state.Link.Browses ? new Querier(_random, now) : null };
    }

    /// <summary>Does what is due.</summary>
    internal void Run(IMdnsSender sender, TimeSpan now)
    {
        foreach (LinkState state in _links.Values)
        {
            if (state.Responder is { Due: { } due } responder && due <= now)
            {
                sender.Send(state.Link, _own.Write(state.Link, isGoodbye: false, _buffer));
                responder.Sent(now);
                Counters.Announced++;
            }

            if (state.Querier is { } querier && querier.Due <= now)
            {
                sender.Send(state.Link, Question(state.Link, now));
                querier.Sent(now);
                Counters.Asked++;
            }
        }

        if (_plan.Due <= now)
        {
            _table.Expire(now, _links.ContainsKey);
            _plan.Look(now);
        }
    }

    /// <summary>Takes back what was announced: this node leaves.</summary>
    internal void SayGoodbye(IMdnsSender sender)
    {
        foreach (LinkState state in _links.Values)
            SayGoodbye(state, sender);
    }

    /// <summary>Takes a message that came to the group on a link.</summary>
    internal void Receive(int index, IPEndPoint source, ReadOnlySpan<byte> message, TimeSpan now)
    {
        Counters.Received++;
        Span<byte> name = stackalloc byte[DnsName.MaxSize];
        if (!_links.TryGetValue(index, out LinkState? state) || source.Port != Port
            || !IsOfLink(state.Link, source.Address)
            || !MdnsReader.TryBegin(message, name, out MdnsReader reader))
        {
            Counters.Ignored++;
            return;
        }

        if (reader.IsResponse)
            TakeAnswers(state, source.Address, ref reader, now);
        else
            TakeQuestions(state, source.Address, ref reader, now);
    }

    private static bool IsOfLink(MdnsLink link, IPAddress source) =>
        source.IsIPv6LinkLocal || link.IsOnLink(source)
        || (source.AddressFamily == AddressFamily.InterNetwork && (link with { Addresses = [_autoconfigured] })
            .IsOnLink(source));

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private void SayGoodbye(LinkState state, IMdnsSender sender)
    {
        if (state.Responder is not null)
            sender.Send(state.Link, _own.Write(state.Link, isGoodbye: true, _buffer));
    }

    private void TakeQuestions(LinkState state, IPAddress source, ref MdnsReader reader, TimeSpan now)
    {
        bool isAsked = false, asksOurs = false;
        while (reader.TryReadQuestion(out MdnsQuestion question))
        {
            isAsked |= state.Responder is not null && _own.IsAskedFor(question, state.Link);
            asksOurs |= question.Type == RecordType.Ptr && ServiceNames.TryFind(question.Name, out ServiceKind kind)
                && kind == ServiceKind.Tcp;
        }

        bool isKnown = false, knowsMore = reader.IsTruncated;
        Span<byte> target = stackalloc byte[DnsName.MaxSize];
        while (reader.Answers > 0 && reader.TryReadRecord(out MdnsRecord answer))
        {
            if (answer.Type != RecordType.Ptr || !reader.TryReadTarget(answer, 0, target, out int size))
                continue;
            isKnown |= _own.IsKnownBy(answer, target[..size]);
            knowsMore |= ServiceNames.TrySplit(target[..size], out ReadOnlySpan<byte> instance, out ServiceKind kind)
                && !_own.IsOwn(instance) && !Knows(instance, kind);
        }

        if (isAsked && !isKnown)
            state.Responder!.Asked(now);
        // What a machine sends to a group comes back to it: that is no other who asks.
        if (asksOurs && !knowsMore && !state.Link.IsOwn(source))
            state.Querier?.Heard(now);
    }

    private bool Knows(ReadOnlySpan<byte> instance, ServiceKind kind) =>
        _table.Has(Encoding.UTF8.GetString(instance), kind == ServiceKind.Server);

    private void TakeAnswers(LinkState state, IPAddress source, ref MdnsReader reader, TimeSpan now)
    {
        if (state.Querier is null)
            return;
        Span<byte> target = stackalloc byte[DnsName.MaxSize];
        while (reader.TryReadQuestion(out _))
        {
            // An answer may repeat what was asked (RFC 6762, section 6); it means nothing.
        }

        bool isNew = false;
        while (reader.TryReadRecord(out MdnsRecord record))
        {
            if (record.Type == RecordType.Ptr && ServiceNames.TryFind(record.Name, out _))
            {
                if (reader.TryReadTarget(record, 0, target, out int size)
                    && ServiceNames.TrySplit(target[..size], out ReadOnlySpan<byte> pointed, out ServiceKind kind))
                    isNew |= Take(state, source, pointed, kind, record, now);
            }
            else if (record.Type is RecordType.Srv or RecordType.Txt
                && ServiceNames.TrySplit(record.Name, out ReadOnlySpan<byte> named, out ServiceKind kind))
            {
                isNew |= Take(state, source, named, kind, record, now);
            }
        }

        if (!isNew)
            return;
        _plan.Hurry(now);
        if (_table.Nodes.Any(n => Lacks(n, state.Link)))
            state.Querier.Hurry(now);
    }

    /// <summary>Takes one record of an instance; true if something is known now that was not.</summary>
    private bool Take(
        LinkState state, IPAddress source, ReadOnlySpan<byte> instance, ServiceKind kind, in MdnsRecord record,
        TimeSpan now)
    {
        if (_own.IsOwn(instance))
            return false;
        string name = Encoding.UTF8.GetString(instance);
        if (record.Ttl == 0)
        {
            if (record.Type == RecordType.Ptr)
                _table.Goodbye(name, kind, state.Link.Index, source);
            return false;
        }

        if (_table.Note(name, kind == ServiceKind.Server, source, now) is not { } node
            || FoundTable.NoteWay(node, kind, state.Link, TimeSpan.FromSeconds(record.Ttl), now) is not { } way
            || !way.Take(source))
            return false;
        if (record.Type == RecordType.Txt)
        {
            bool isNew = node.Texts is null;
            node.Texts ??= ServiceTexts.Read(record.Data);
            return isNew;
        }

        // RFC 2782: priority(2) weight(2) port(2) host
        if (record.Type != RecordType.Srv || record.Data.Length < 7)
            return record.Type == RecordType.Ptr && way.Port == 0;
        int port = record.Data[4] << 8 | record.Data[5];
        if (port == 0 || way.Port == port)
            return false;
        way.Port = port;
        _table.ForgetOthersAt(node, way, source);
        return true;
    }

    private static bool Lacks(FoundNode node, MdnsLink link) =>
        node.Asked < MaxAsked && node.LacksSomething && node.Ways.Exists(w => w.Link.Index == link.Index);

    private ReadOnlySpan<byte> Question(MdnsLink link, TimeSpan now)
    {
        var writer = new MdnsWriter(_buffer, isResponse: false);
        foreach (ServiceKind kind in ServiceNames.All)
            _ = writer.TryAsk(ServiceNames.Of(kind), RecordType.Ptr);
        foreach (FoundNode node in _table.Nodes.Where(n => Lacks(n, link)).Take(MaxAskedAbout))
        {
            node.Asked++;
            foreach (FoundWay way in node.Ways.Where(w => w.Link.Index == link.Index))
                _ = writer.TryAsk(NameOf(node, way), RecordType.Any);
        }

        foreach (FoundNode node in _table.Nodes)
        {
            foreach (FoundWay way in node.Ways)
            {
                // RFC 6762, section 7.1: what is known for more than half of its life yet is not answered again.
                if (way.Link.Index == link.Index && way.HalfLife > now && !node.LacksSomething
                    && !writer.TryPointer(ServiceNames.Of(way.Kind), (uint)(way.Expires - now).TotalSeconds,
                        NameOf(node, way)))
                    return writer.Written;
            }
        }

        return writer.Written;
    }

    private static byte[] NameOf(FoundNode node, FoundWay way)
    {
        byte[] label = Encoding.UTF8.GetBytes(node.Instance);
        return label.Length > DnsName.MaxLabel
            ? ServiceNames.Of(way.Kind).ToArray()
            : [(byte)label.Length, .. label, .. ServiceNames.Of(way.Kind)];
    }

    private sealed record LinkState(MdnsLink Link, Responder? Responder, Querier? Querier);
}

/// <summary>What happened since the start.</summary>
internal sealed class MdnsCounters
{
    /// <summary>Messages of the group that were looked at.</summary>
    internal long Received { get; set; }

    /// <summary>Those that were of no link, of another port, or nothing that may be read.</summary>
    internal long Ignored { get; set; }

    /// <summary>Messages about this node.</summary>
    internal long Announced { get; set; }

    /// <summary>Questions.</summary>
    internal long Asked { get; set; }
}
