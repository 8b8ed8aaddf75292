using System.Diagnostics;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Serial;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// Real pseudo terminals and real time: what only the whole pump can show.
public sealed class LoraRadioTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-radio").FullName;

    private sealed class Client : IRadioClient
    {
        private readonly Queue<byte[]> _outbox = new();
        private readonly List<ModemAction> _happened = [];

        public void Happened(ModemAction what, TimeSpan now)
        {
            lock (_happened)
            {
                _happened.Add(what);
                Monitor.PulseAll(_happened);
            }
        }

        public TimeSpan Run(ILoraModem modem, TimeSpan now)
        {
            lock (_outbox)
            {
                while (_outbox.TryPeek(out byte[]? frame)
                    && modem.TrySend(frame, Bench.Grant(modem.Airtime(frame.Length)), now) == ModemAnswer.Accepted)
                    _outbox.Dequeue();
            }
            return TimeSpan.MaxValue;
        }

        internal void Post(byte[] frame)
        {
            lock (_outbox)
                _outbox.Enqueue(frame);
        }

        internal T WaitFor<T>(Func<T, bool> which)
            where T : ModemAction
        {
            Stopwatch clock = Stopwatch.StartNew();
            lock (_happened)
            {
                while (true)
                {
                    T? found = _happened.OfType<T>().FirstOrDefault(which);
                    if (found is not null)
                    {
                        _happened.RemoveRange(0, _happened.IndexOf(found) + 1);
                        return found;
                    }
                    TimeSpan left = Patience - clock.Elapsed;
                    Assert.True(left > TimeSpan.Zero && Monitor.Wait(_happened, left), "waited in vain after: "
                        + string.Join("; ", _happened));
                }
            }
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("modem=rnode&frequency=868100000&sf=7&region=eu868")]
    [InlineData("modem=reyax&frequency=868500000&sf=7&region=none")]
    [InlineData("modem=e22&frequency=867125000&power=13&airrate=9600&region=eu868&baud=115200")]
    public async Task A_cable_pulled_in_the_middle_of_a_frame_is_survived(string settings)
    {
        LoraOptions options = Bench.Options(settings);
        using PtyHost host = new(RNodeModemTests.Connected(2));
        SimulatedModem first = Make(options);
        SimulatedModem second = Make(options);
        host.Air!.Add(first);
        host.Air.Add(second);
        string a = host.Add(first, Path.Combine(_directory, "a"));
        string b = host.Add(second, Path.Combine(_directory, "b"));
        host.Start();
        Client clientA = new();
        Client clientB = new();
        await using LoraRadio radioA = Radio(options, a, clientA);
        await using LoraRadio radioB = Radio(options, b, clientB);
        clientA.WaitFor<StateChanged>(s => s.State == ModemState.Online);
        clientB.WaitFor<StateChanged>(s => s.State == ModemState.Online);
        byte[] frame = [0, 1, 2, 0xC0, 0xDB, 13, 10, 0xFF];
        clientA.Post(frame);
        radioA.Wake();
        FrameReceived received = clientB.WaitFor<FrameReceived>(_ => true);
        Assert.Equal(frame, received.Bytes.ToArray());
        clientA.WaitFor<SendFinished>(f => f.Sent);

        clientA.Post(new byte[180]);
        radioA.Wake();
        host.Unplug(first);
        clientA.WaitFor<StateChanged>(s => s.State == ModemState.Closed);
        host.Plug(first);
        clientA.WaitFor<StateChanged>(s => s.State == ModemState.Online);
        clientB.Post([7]);
        radioB.Wake();
        Assert.Equal([7], clientA.WaitFor<FrameReceived>(_ => true).Bytes.ToArray());
    }

    [Fact]
    public async Task A_radio_that_is_absent_is_waited_for_and_stopping_does_not_wait()
    {
        LoraOptions options = Bench.Options("modem=rnode&frequency=868100000&sf=7&region=eu868");
        using PtyHost host = new();
        string path = Path.Combine(_directory, "later");
        Client client = new();
        LoraRadio radio = Radio(options, path, client);
        Assert.Contains("no such device", client.WaitFor<StateChanged>(_ => true).Detail, StringComparison.Ordinal);
        RNodeSimulator modem = new(new Random(1));
        host.Add(modem, path);
        host.Start();
        client.WaitFor<StateChanged>(s => s.State == ModemState.Online);
        Stopwatch clock = Stopwatch.StartNew();
        await radio.DisposeAsync();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2));
        await radio.Ended;
        bool off = false;
        host.Do(_ => off = !modem.RadioOn);
        Assert.True(off || SpinWait.SpinUntil(
            () =>
            {
                host.Do(_ => off = !modem.RadioOn);
                return off;
            },
            TimeSpan.FromSeconds(2)));
    }

    private static SimulatedModem Make(LoraOptions options) => options.Modem switch
    {
        ModemKind.RNode => new RNodeSimulator(new Random(1)),
        ModemKind.Reyax => new ReyaxSimulator(),
        _ => new E22Simulator(),
    };

    private static LoraRadio Radio(LoraOptions options, string path, Client client)
    {
        LoraRadio radio = new(
            ModemFactory.Create(options, options.Modem, new Random(5)), baud => SerialLine.Open(path, baud),
            client, null,
            TimeProvider.System);
        radio.Start();
        return radio;
    }
}
