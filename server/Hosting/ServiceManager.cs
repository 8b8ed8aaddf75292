using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// systemd, where it started this process (sd_notify(3)): it is told that the server is ready and that it stops, and
/// the log's lines have its levels.
/// </summary>
internal static class ServiceManager
{
    private const string Socket = "NOTIFY_SOCKET";

    internal static void AddTo(WebApplicationBuilder builder)
    {
        // AddSystemd() asks for the name of the parent process, which ProtectProc=invisible hides.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Socket)))
        {
            builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
            return;
        }

        builder.Logging.AddSystemdConsole();
        builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        builder.Services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }
}
