using QuicProChat.Mesh.LoraSimulation;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// RNodes on pseudo terminals, joined by a simulated air, in real time: what a daemon opens as its modem. Machines
/// share neither cable nor network for it.
/// </summary>
internal sealed class RadioAir : IDisposable
{
    /// <summary>
    /// The fastest rate that a community would use, in the sub-band with 10 % duty cycle: the law holds here too.
    /// </summary>
    internal const string Settings =
        "?modem=rnode&frequency=869525000&bandwidth=125000&sf=7&cr=5&power=14&region=eu868";

    private readonly SimulatedAir _air = new(new Random(1));
    private readonly Dictionary<string, RNodeSimulator> _modems = [];
    private readonly string _directory;
    private readonly PtyHost _host;

    /// <param name="directory">Where the devices are, as links; made if absent.</param>
    /// <param name="line">Names of the stations, each of which hears the one before and the one behind it.</param>
    internal RadioAir(string directory, params string[] line)
    {
        _directory = directory;
        _host = new PtyHost(_air);
        Directory.CreateDirectory(directory);
        foreach (string name in line)
        {
            RNodeSimulator modem = new(new Random(_modems.Count));
            _air.Add(modem);
            _modems[name] = modem;
            _host.Add(modem, Device(name));
        }

        for (int i = 0; i + 1 < line.Length; i++)
            _air.Connect(i, i + 1);
        _host.Start();
    }

    /// <summary>Where a station's modem is while it is plugged in.</summary>
    internal string Device(string name) => Path.Combine(_directory, name);

    /// <summary>What to listen on.</summary>
    internal string Uri(string name) => $"lora:{Device(name)}{Settings}";

    /// <summary>Pulls a modem's cable: device and link are gone.</summary>
    internal void Unplug(string name) => _host.Unplug(_modems[name]);

    /// <summary>Plugs it in again, as another device under the same link.</summary>
    internal void Plug(string name) => _host.Plug(_modems[name]);

    /// <summary>
    /// Bytes that all stations put on the air so far, without the one that the modem adds to each frame.
    /// </summary>
    internal (int Frames, int Bytes) Transmitted()
    {
        (int frames, int bytes) = (0, 0);
        _host.Do(_ =>
        {
            frames = _modems.Values.Sum(m => m.Transmitted.Count);
            bytes = _modems.Values.Sum(m => m.Transmitted.Sum(f => f.Length - 1));
        });
        return (frames, bytes);
    }

    /// <summary>Waits until nobody has sent anything for a while.</summary>
    internal async Task QuietAsync()
    {
        int before = -1;
        while (Transmitted().Frames is var frames && frames != before)
        {
            before = frames;
            await Task.Delay(TimeSpan.FromSeconds(4));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();
}
