namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>The service of the router: what procd is told, and when.</summary>
public class ServiceTests
{
    private const int User = 65_001;

    [RootFact(Packages.Busybox, Packages.Program)]
    public void Start_defines_a_service_of_its_own_user_in_a_jail_that_is_started_for_ever()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();

        Ran ran = router.Run("/etc/init.d/qpc-mesh start");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Equal(
            [
                "open",
                "param|command|/usr/bin/qpc-mesh|run|--no-root|--config|/var/etc/qpc-mesh.json",
                "param|user|qpc-mesh",
                "param|group|qpc-mesh",
                "param|respawn|3600|5|0",
                "param|term_timeout|10",
                "param|reload_signal|HUP",
                "param|stderr|1",
                "param|limits|core=0",
                "param|no_new_privs|1",
                "param|capabilities|/etc/capabilities/qpc-mesh.json",
                "jail|qpc-mesh|procfs",
                "mount|/var/etc/qpc-mesh.json|/etc/passwd|/etc/group|/etc/hosts|/etc/resolv.conf|/tmp/resolv.conf|/tmp/resolv.conf.d",
                "mount|/usr/bin/qpc-mesh|/dev/urandom",
                "mount_rw|/etc/qpc-mesh|/srv/qpc-mesh|/var/run/qpc-mesh",
                "close",
                "trigger|qpc-mesh",
            ],
            router.Recorded);
        Assert.Equal(
            $"{User} 700 /etc/qpc-mesh\n{User} 700 /srv/qpc-mesh\n{User} 750 /var/run/qpc-mesh\n{User} 600 "
                + "/var/etc/qpc-mesh.json\n",
            router.Run(
                "stat -c '%u %a %n' /etc/qpc-mesh /srv/qpc-mesh /var/run/qpc-mesh /var/etc/qpc-mesh.json").Output);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_radio_that_is_there_is_in_the_jail_by_its_lasting_name_and_by_its_own()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        router.Run("mkdir -p /dev/serial/by-id; mknod /dev/ttyUSB3 c 188 3; ln -s ../../ttyUSB3 "
            + "/dev/serial/by-id/usb-R-if00");
        AddRadio(router, "/dev/serial/by-id/usb-R-if00");

        Ran ran = router.Run("/etc/init.d/qpc-mesh start");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Contains("mount_rw|/dev/serial/by-id/usb-R-if00|/dev/ttyUSB3", router.Recorded);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void What_the_settings_name_outside_the_nodes_directories_is_in_the_jail_if_it_is_there()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        router.Run("mkdir -p /mnt/usb/shared; mknod /dev/ttyS9 c 4 73; mknod -m 600 /dev/gpiochip0 c 254 0; echo x "
            + ">/etc/anchors.pem");
        router.Run("cp /etc/anchors.pem /etc/qpc-mesh/blocked");
        Set(router, "enabled '1'",
            "downloads '/mnt/usb/new'\n\toption fapp_anchors_file '/etc/anchors.pem'\n\toption fapp_block_file "
                + "'/etc/qpc-mesh/blocked'");
        AddRadio(router, "/dev/ttyS9", "waveshare", "868125000");
        router.Run("sed -i \"s/option frequency '868125000'/&\\n\\toption air_rate '300'/\" /etc/config/qpc-mesh");

        string[] recorded = Start(router);
        Assert.Contains("mount|/etc/anchors.pem", recorded);
        Assert.Contains("mount_rw|/mnt/usb/new", recorded);
        Assert.Contains("mount_rw|/dev/ttyS9|/dev/ttyS9", recorded);
        Assert.Contains("mount_rw|/dev/gpiochip0|/dev/gpiochip0", recorded);
        Assert.DoesNotContain(recorded, r => r.Contains("/etc/qpc-mesh/blocked", StringComparison.Ordinal));
        Assert.Equal($"{User} /mnt/usb/new\n{User} /dev/gpiochip0\n",
            router.Run("stat -c '%g %n' /mnt/usb/new /dev/gpiochip0").Output);

        // A folder that was there is its owner's, and stays so.
        Set(router, "downloads '/mnt/usb/new'", "downloads '/mnt/usb/shared'");
        router.Run("rm /etc/anchors.pem /dev/gpiochip0");
        recorded = Start(router);
        Assert.Contains("mount_rw|/mnt/usb/shared", recorded);
        Assert.Equal("0\n", router.Run("stat -c %u /mnt/usb/shared").Output);
        Assert.DoesNotContain(recorded, r => r.Contains("anchors.pem", StringComparison.Ordinal)
            || r.Contains("gpiochip", StringComparison.Ordinal));
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_service_that_is_switched_off_or_wrong_is_not_defined_and_says_why()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        Set(router, "enabled '1'", "enabled '0'");
        Assert.Equal(0, router.Run("/etc/init.d/qpc-mesh start").ExitCode);
        Assert.DoesNotContain("open", router.Recorded);

        Set(router, "enabled '0'", "hop_limit '2000'");
        Assert.Equal(1, router.Run("/etc/init.d/qpc-mesh start").ExitCode);
        Assert.DoesNotContain("open", router.Recorded);
        Assert.Contains("section 'main': ", router.Log, StringComparison.Ordinal);
        Assert.Contains("wrong value for 'hopLimit'; accepted is a number from 1 to 1024", router.Log,
            StringComparison.Ordinal);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void Without_its_user_the_service_does_not_start_and_the_program_refuses_to_be_root()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        router.Write("etc/passwd", "root:x:0:0:root:/root:/bin/ash\n");

        Ran ran = router.Run("/etc/init.d/qpc-mesh start");

        Assert.Equal(1, ran.ExitCode);
        Assert.DoesNotContain("open", router.Recorded);
        Assert.Contains("there is no user qpc-mesh", router.Log, StringComparison.Ordinal);
        Ran asRoot = router.Run("qpc-mesh run --no-root --data-dir /root/x");
        Assert.Equal(2, asRoot.ExitCode);
        Assert.Contains("this is root", asRoot.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(router.File("root/x")));
    }

    [RootTheory(Packages.Busybox, Packages.Program)]
    [InlineData("list listen 'tcp://[::]:4711'", "list listen 'tcp://[::]:4712'", "signal|qpc-mesh|*|HUP")]
    [InlineData("list listen", "option name 'attic'\n\tlist listen", "signal|qpc-mesh|*|HUP")]
    [InlineData("list listen", "list peers 'tcp://10.0.0.7:4711'\n\tlist listen", "signal|qpc-mesh|*|HUP")]
    [InlineData("list listen", "option log_level 'debug'\n\tlist listen", "signal|qpc-mesh|*|HUP")]
    [InlineData("list listen", "option hop_limit '9'\n\tlist listen", "kill|qpc-mesh")]
    [InlineData("durability 'memory'", "durability 'full'", "kill|qpc-mesh")]
    [InlineData("list listen", "option hop_limt '9'\n\tlist listen", null)]
    public void A_reload_signals_where_that_is_enough_restarts_where_not_and_leaves_alone_what_is_wrong(
        string old, string changed, string? first)
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        Assert.Equal(0, router.Run("/etc/init.d/qpc-mesh start").ExitCode);
        _ = router.Recorded;
        string before = File.ReadAllText(router.File("var/etc/qpc-mesh.json"));
        string mounted = router.Run("stat -c %i /var/etc/qpc-mesh.json").Output;

        Set(router, old, changed);
        Ran ran = router.Run("/etc/init.d/qpc-mesh reload");

        string[] recorded = router.Recorded;
        Assert.Equal(first, recorded.FirstOrDefault());
        Assert.Equal(first is null ? 1 : 0, ran.ExitCode);
        Assert.Equal(first == "kill|qpc-mesh", recorded.Contains("open"));
        Assert.Equal(first is null, before == File.ReadAllText(router.File("var/etc/qpc-mesh.json")));
        Assert.Equal($"{User} 600\n", router.Run("stat -c '%u %a' /var/etc/qpc-mesh.json").Output);
        // The jail has this very file mounted: another one of its name would never be seen in there.
        Assert.Equal(mounted, router.Run("stat -c %i /var/etc/qpc-mesh.json").Output);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_reload_ends_a_service_that_is_switched_off_and_starts_it_when_it_is_switched_on_again()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        Assert.Equal(0, router.Run("/etc/init.d/qpc-mesh start").ExitCode);
        _ = router.Recorded;

        Set(router, "enabled '1'", "enabled '0'");
        Assert.Equal(0, router.Run("/etc/init.d/qpc-mesh reload").ExitCode);
        string[] off = router.Recorded;
        Assert.Equal("kill|qpc-mesh", off.FirstOrDefault());
        Assert.DoesNotContain("open", off);

        Set(router, "enabled '0'", "enabled '1'");
        Assert.Equal(0, router.Run("/etc/init.d/qpc-mesh reload").ExitCode);
        Assert.Contains("open", router.Recorded);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_radio_more_is_a_restart_for_its_device_has_to_be_in_the_jail()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        Assert.Equal(0, router.Run("/etc/init.d/qpc-mesh start").ExitCode);
        _ = router.Recorded;

        AddRadio(router, "/dev/ttyUSB0");
        router.Run("/etc/init.d/qpc-mesh reload");

        Assert.Equal("kill|qpc-mesh", router.Recorded.FirstOrDefault());
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_modem_that_comes_back_under_another_name_gets_its_lasting_name_and_the_node_starts_anew()
    {
        using RouterRoot router = RouterRoot.Create(User).Install();
        const string link = "usb-Silicon_Labs_CP2102_USB_to_UART_0001-if00";
        AddRadio(router, $"/dev/serial/by-id/{link}");
        router.Run("/etc/init.d/qpc-mesh start");
        _ = router.Recorded;
        // The tree that the kernel shows for a USB serial port.
        const string port = "/sys/devices/usb1/1-1/1-1:1.0";
        router.Run($"mkdir -p {port}/ttyUSB7 /sys/class/tty/ttyUSB7; echo 00 >{port}/bInterfaceNumber; cd "
            + "/sys/devices/usb1/1-1;"
            + "echo 'Silicon Labs' >manufacturer; echo 'CP2102 USB to UART' >product; echo 0001 >serial; ln -s "
            + "../../../devices/usb1/1-1/1-1:1.0/ttyUSB7 /sys/class/tty/ttyUSB7/device");

        Ran ran = router.Run("ACTION=add; DEVNAME=ttyUSB7; HOTPLUG_TYPE=tty; . /etc/hotplug.d/tty/50-qpc-mesh");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Equal("../../ttyUSB7", new FileInfo(router.File("dev/serial/by-id", link)).LinkTarget);
        Assert.Equal("kill|qpc-mesh", router.Recorded.FirstOrDefault());
        router.Run("ACTION=add; DEVNAME=ttyUSB8; HOTPLUG_TYPE=tty; . /etc/hotplug.d/tty/50-qpc-mesh");
        Assert.Empty(router.Recorded);
    }

    private static string[] Start(RouterRoot router)
    {
        Ran ran = router.Run("/etc/init.d/qpc-mesh start");
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return router.Recorded;
    }

    private static void AddRadio(
        RouterRoot router, string device, string modem = "rnode", string frequency = "868100000") =>
        File.AppendAllText(
            router.File("etc/config/qpc-mesh"),
            $"\nconfig radio 'lora0'\n\toption device '{device}'\n\toption modem '{modem}'\n\toption frequency "
                + $"'{frequency}'\n\toption region 'eu868'\n");

    private static void Set(RouterRoot router, string old, string changed)
    {
        string file = router.File("etc/config/qpc-mesh");
        string text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        int at = text.IndexOf("\n\t" + (old.StartsWith("list", StringComparison.Ordinal) ? old : "option " + old),
            StringComparison.Ordinal);
        string replacement = old.StartsWith("list", StringComparison.Ordinal) ? changed : "option " + changed;
        string found = old.StartsWith("list", StringComparison.Ordinal) ? old : "option " + old;
        File.WriteAllText(file, text[..(at + 2)] + replacement + text[(at + 2 + found.Length)..]);
    }
}
