using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace QuicProChat.Mesh.Siege;

/// <summary>What the command line says.</summary>
/// <param name="Target">The node under siege: loopback, or an address within a network namespace made for this.</param>
/// <param name="Sources">Addresses of this machine to dial from.</param>
/// <param name="Listen">Where the node may dial this side; null for nowhere.</param>
/// <param name="Identities">How many raiders.</param>
/// <param name="Duration">How long.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Fills">Play only what fills the node's memory, and stay.</param>
internal sealed record Orders(
    IPEndPoint Target, IReadOnlyList<IPAddress> Sources, IPEndPoint? Listen, int Identities, TimeSpan Duration,
    int Seed, bool Fills)
{
    internal const string Usage =
        "qpc-siege TARGET:PORT --from ADDRESS[,ADDRESS...] [--listen ADDRESS:PORT] [--identities 100] [--seconds 60] "
            + "[--seed 1] [--play all|fill]";

    internal static bool TryParse(string[] arguments, [NotNullWhen(true)] out Orders? orders)
    {
        orders = null;
        if (arguments.Length == 0 || arguments.Length % 2 == 0
            || !IPEndPoint.TryParse(arguments[0], out IPEndPoint? target))
            return false;
        IPAddress[] sources = [];
        IPEndPoint? listen = null;
        int identities = 100, seconds = 60, seed = 1;
        bool fills = false;
        for (int i = 1; i < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--from":
                    sources = [.. value.Split(',').Select(IPAddress.Parse)];
                    break;
                case "--listen":
                    listen = IPEndPoint.Parse(value);
                    break;
                case "--identities":
                    identities = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--seconds":
                    seconds = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--seed":
                    seed = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--play":
                    fills = value == "fill";
                    break;
                default:
                    return false;
            }
        }

        if (sources.Length == 0)
            return false;
        orders = new Orders(target, sources, listen, identities, TimeSpan.FromSeconds(seconds), seed, fills);
        return true;
    }
}
