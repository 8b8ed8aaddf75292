using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using QuicProChat.Mesh.Siege.Attacks;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege;

/// <summary>
/// A hundred made-up identities from several addresses: each takes an attack, plays it for a while over a link that it
/// dials, and takes the next. Beside them connections that never become links, and links that the node itself dials.
/// </summary>
internal sealed class Campaign(Orders orders)
{
    private static readonly TimeSpan _turn = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _breath = TimeSpan.FromMilliseconds(200);

    private static readonly Func<LinkAttack>[] _attacks =
    [
        () => new Flapping(), () => new MadeUpNames(), () => new Announces(), () => new Requests(),
        () => new UnsignedSequences(),
        () => new Attractor(CustodyCode.Taken), () => new Attractor(CustodyCode.TooFast),
        () => new Attractor(CustodyCode.NoSpace),
        () => new Attractor(null),
        () => new Junk(Priority.Low, 1000), () => new Junk(Priority.Emergency, 1000),
        () => new Junk(Priority.Normal, 60_000),
        () => new ShortLived(), () => new Mailbox(), () => new StrangersTexts(40), () => new StrangersTexts(10_000),
        () => new Altered(), () => new Forgeries(), () => new AnyFrame(), () => new Idle(), () => new UnfinishedFrame(),
        () => new MadeUpRecords(100), () => new MadeUpRecords(GossipRecord.MaxSize), () => new HaveAndWant(),
        () => new Reconciliations(),
        () => new StrangersContents(), () => new KeyPackageQuestions(), () => new GroupFrames(),
        () => new LiteForgeries(),
    ];

    /// <summary>What takes memory and keeps it; the first ones go first.</summary>
    private static readonly Func<LinkAttack>[] _fillers =
    [
        () => new MadeUpNames(), () => new Announces(), () => new Junk(Priority.Low, 300), () => new UnfinishedFrame(),
        () => new Junk(Priority.Normal, 60_000), () => new Mailbox(), () => new StrangersTexts(40),
        () => new ShortLived(),
        () => new Requests(), () => new Junk(Priority.Emergency, 1000), () => new Deaf(),
        () => new MadeUpRecords(60), () => new MadeUpRecords(GossipRecord.MaxSize), () => new HaveAndWant(),
        () => new LiteForgeries(),
        () => new GroupFrames(), () => new KeyPackageQuestions(), () => new StrangersContents(),
    ];

    private readonly Func<LinkAttack>[] _plays = orders.Fills ? _fillers : _attacks;
    private readonly TimeSpan _stay = orders.Fills ? orders.Duration : _turn;
    private readonly Gossip _gossip = new();
    private readonly Dictionary<string, Tally> _tallies = [];

    /// <summary>Plays until the time is over.</summary>
    internal async Task RunAsync()
    {
        using var stop = new CancellationTokenSource(orders.Duration);
        var random = new Random(orders.Seed);
        var tasks = new List<Task>();
        for (int i = 0; i < orders.Identities; i++)
            tasks.Add(RaidAsync(i, new Random(random.Next()), stop.Token));
        foreach (IPAddress source in orders.Sources)
            tasks.Add(StormAsync(source, new Random(random.Next()), stop.Token));
        if (orders.Listen is { } listen)
            tasks.Add(ListenAsync(listen, new Random(random.Next()), stop.Token));
        await Task.WhenAll(tasks);
        foreach (Tally tally in _tallies.Values)
            Console.WriteLine(tally);
    }

    private Tally Of(string attack)
    {
        lock (_tallies)
        {
            if (!_tallies.TryGetValue(attack, out Tally? tally))
                _tallies.Add(attack, tally = new Tally(attack));
            return tally;
        }
    }

    /// <summary>One identity; it changes its key now and then, since that costs nothing.</summary>
    private async Task RaidAsync(int number, Random random, CancellationToken stop)
    {
        IPAddress source = orders.Sources[number % orders.Sources.Count];
        for (int round = number; !stop.IsCancellationRequested; round++)
        {
            using Mask mask = new(random);
            LinkAttack attack = _plays[round % _plays.Length]();
            Tally tally = Of(attack.Name);
            var raid = new Raid(orders.Target, source, mask, _gossip, random, tally);
            HostileLink? link =
                await TryAsync(() => HostileLink.DialAsync(orders.Target, source, mask, tally, stop), tally);
            if (link is not null)
                await PlayAsync(link, attack, raid, stop);
            await PauseAsync(_breath, stop);
        }
    }

    private async Task PlayAsync(HostileLink link, LinkAttack attack, Raid raid, CancellationToken stop)
    {
        raid.Tally.Linked();
        var lasted = Stopwatch.StartNew();
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(stop, link.Ended);
        turn.CancelAfter(_stay);
        link.Received = (kind, body) =>
        {
            raid.Gossip.Hear(kind, body);
            return attack.ReceivedAsync(link, raid, kind, body);
        };
        try
        {
            // A neighbour is used after some pongs only: let it have them.
            await Task.Delay(TimeSpan.FromSeconds(1), turn.Token);
            await attack.BeginAsync(link, raid, turn.Token);
            while (!turn.IsCancellationRequested)
            {
                await attack.StepAsync(link, raid, turn.Token);
                await Task.Delay(attack.Pause, turn.Token);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Its turn is over, or the node has hung up.
        }

        if (link.Ended.IsCancellationRequested)
            raid.Tally.HungUp();
        raid.Tally.Lasted(lasted.Elapsed);
        await link.DisposeAsync();
    }

    /// <summary>Connections that are no links: nothing said, noise, TLS without a Hello, a slow Hello.</summary>
    private async Task StormAsync(IPAddress source, Random random, CancellationToken stop)
    {
        using Mask mask = new(random);
        byte[] noise = new byte[2000];
        while (!stop.IsCancellationRequested)
        {
            string[] kinds = ["silent connection", "noise instead of TLS", "TLS and no Hello", "drip of a Hello"];
            string kind = kinds[random.Next(kinds.Length)];
            Tally tally = Of(kind);
            try
            {
                using Socket socket = await HostileLink.ConnectAsync(orders.Target, source, stop);
                tally.Linked();
                random.NextBytes(noise);
                if (kind == kinds[1])
                {
                    tally.Sent(await socket.SendAsync(noise, stop));
                }
                else if (kind != kinds[0])
                {
                    await using var stream = await HostileLink.SecureAsync(socket, mask, stop);
                    for (int i = 0; kind == kinds[3] && i < 20; i++)
                    {
                        await stream.WriteAsync(noise.AsMemory(0, 1), stop);
                        tally.Sent(1);
                        await Task.Delay(100, stop);
                    }
                }

                await Task.Delay(random.Next(500), stop);
            }
            catch (Exception e) when (IsEnd(e))
            {
                tally.Refused();
            }

            await PauseAsync(TimeSpan.FromMilliseconds(random.Next(20, 200)), stop);
        }
    }

    /// <summary>The node dials this side, because its operator once trusted the address.</summary>
    private async Task ListenAsync(IPEndPoint listen, Random random, CancellationToken stop)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(listen);
        listener.Listen();
        for (int round = 0; !stop.IsCancellationRequested; round++)
        {
            using Mask mask = new(random);
            LinkAttack attack = _plays[round % _plays.Length]();
            Tally tally = Of(attack.Name + " (dialled)");
            HostileLink? link = await TryAsync(
                async () => await HostileLink.AcceptAsync(await listener.AcceptAsync(stop), mask, tally, stop), tally);
            if (link is not null)
                await PlayAsync(
                    link, attack, new Raid(orders.Target, listen.Address, mask, _gossip, random, tally), stop);
        }
    }

    private static async Task<HostileLink?> TryAsync(Func<Task<HostileLink>> connect, Tally tally)
    {
        try
        {
            return await connect();
        }
        catch (Exception e) when (IsEnd(e))
        {
            tally.Refused();
            return null;
        }
    }

    private static async Task PauseAsync(TimeSpan time, CancellationToken stop)
    {
        try
        {
            await Task.Delay(time, stop);
        }
        catch (OperationCanceledException)
        {
            // The campaign is over; the caller's loop sees it.
        }
    }

    /// <summary>
    /// The node has hung up, or time is over. A stream that ends between two calls says so with whatever it is doing:
    /// closed, disposed, or no longer authenticated (an <see cref="InvalidOperationException"/> of several texts).
    /// </summary>
    private static bool IsEnd(Exception e) =>
        e is IOException or SocketException or AuthenticationException or OperationCanceledException
            or InvalidOperationException;
}
